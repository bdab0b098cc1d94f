package org.rlhf4j.cli.model;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.rlhf4j.cli.command.SettingsCommand;
import org.rlhf4j.model.AdapterMerge;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.weights.Dtype;
import org.rlhf4j.reward.Manifest;
import org.rlhf4j.settings.MachineSettings;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.settings.PrecisionChoice;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.training.run.SaveSettings;
import picocli.CommandLine.Command;

/** Adds an adapter to its base, so that other programs load it as any model. */
@Command(name = "merge", description = "Merge a LoRA adapter into its base.")
public final class MergeCommand extends SettingsCommand<MergeCommand.MergeSettings> {

  /**
   * What {@code rlhf merge} takes.
   *
   * @param model the adapter
   * @param output the folder to write
   * @param save how its weights are written
   * @param machine threads
   */
  record MergeSettings(
      @Setting(help = "Adapter to merge: its folder or a run.", required = true, model = true)
          Path model,
      @Setting(help = "Folder for the merged model.", required = true) Path output,
      SaveSettings save,
      MachineSettings machine) {

    /** Adapters are merged in fp32 on every device. */
    MergeSettings {
      if (machine.precision() == PrecisionChoice.AUTO) {
        machine = machine.with(PrecisionChoice.FP32);
      }
    }
  }

  public MergeCommand() {
    super(MergeSettings.class);
  }

  @Override
  protected void run(MergeSettings chosen) throws IOException {
    Path output = chosen.output().toAbsolutePath();
    if (chosen.machine().format() != Precision.FP32) {
      throw new UsageException(
          "--precision bf16: adapters are merged in fp32; leave --precision out");
    }
    ModelOutput.requireEmpty(output);
    AdapterMerge merge = AdapterMerge.of(chosen.model());
    Optional<Manifest> manifest = Manifest.read(chosen.model());
    ModelOutput.write(
        output,
        folder -> {
          merge.write(folder, chosen.save().format());
          if (manifest.isPresent()) {
            ofWritten(manifest.get(), folder, chosen.save().saveDtype()).write(folder);
          }
        });
    err().printf("%s: %s with its adapter merged%n", chosen.output(), chosen.model());
  }

  /** Merged in fp32 a model scores as before; rounded weights have scores of their own. */
  private static Manifest ofWritten(Manifest manifest, Path folder, Dtype dtype) {
    if (dtype == Dtype.FP32) {
      return manifest;
    }
    try (ScalarModel written = ScalarModel.load(folder)) {
      return manifest.rescored(written);
    }
  }
}
