package org.rlhf4j.cli.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.rlhf4j.cli.command.SettingsCommand;
import org.rlhf4j.model.ModelExport;
import org.rlhf4j.model.gguf.GgufFormat;
import org.rlhf4j.settings.MachineSettings;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.settings.PrecisionChoice;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.training.run.AtomicFiles;
import picocli.CommandLine.Command;

/** Writes a language model in a form that other programs run. */
@Command(name = "export", description = "Write a model as a GGUF file, for llama.cpp and Ollama.")
public final class ExportCommand extends SettingsCommand<ExportCommand.ExportSettings> {

  /** The forms in which a model is written. */
  enum Format {
    /** A file of llama.cpp. */
    GGUF
  }

  /**
   * What {@code rlhf export} takes.
   *
   * @param model the language model
   * @param format the form
   * @param type the number format of its matrices
   * @param output the file to write
   * @param ollama whether a Modelfile is written beside it
   * @param machine threads
   */
  record ExportSettings(
      @Setting(
              help =
                  "Language model to export: a model folder, a run or a hub id; an adapter is merged"
                      + " into its base.",
              required = true,
              model = true)
          Path model,
      @Setting(help = "Form of the file.", defaultValue = "gguf") Format format,
      @Setting(
              help = "Number format of the matrices: f32, f16, bf16 or q8_0.",
              defaultValue = "f16")
          GgufFormat type,
      @Setting(help = "File for the model.", required = true) Path output,
      @Setting(
              help = "Write Ollama's Modelfile beside it: template and stop tokens.",
              defaultValue = "false")
          boolean ollama,
      MachineSettings machine) {

    /** Models are exported from fp32 on every device. */
    ExportSettings {
      if (machine.precision() == PrecisionChoice.AUTO) {
        machine = machine.with(PrecisionChoice.FP32);
      }
    }
  }

  public ExportCommand() {
    super(ExportSettings.class);
  }

  @Override
  protected void run(ExportSettings chosen) throws IOException {
    if (chosen.machine().format() != Precision.FP32) {
      throw new UsageException(
          "--precision bf16: models are exported from fp32; leave --precision out");
    }
    Path output = chosen.output().toAbsolutePath();
    Path modelfile = output.resolveSibling("Modelfile");
    requireNew(output);
    if (chosen.ollama()) {
      requireNew(modelfile);
    }
    try (ModelExport export = ModelExport.open(chosen.model(), chosen.type())) {
      export.notes().forEach(note -> err().println(chosen.model() + ": " + note));
      String name = String.valueOf(output.getFileName());
      String ollama = chosen.ollama() ? export.modelfile(name) : "";
      Files.createDirectories(output.getParent());
      AtomicFiles.writeFile(output, partial -> write(export, partial, chosen));
      if (chosen.ollama()) {
        AtomicFiles.writeString(modelfile, ollama);
        err().println(modelfile + ": `ollama create NAME -f Modelfile` makes Ollama's model of it");
      }
    }
  }

  private void write(ModelExport export, Path partial, ExportSettings chosen) throws IOException {
    ModelExport.Comparison comparison;
    try {
      export.write(partial);
      comparison = export.readBack(partial);
    } catch (IOException | RuntimeException e) {
      Files.deleteIfExists(partial);
      throw e;
    }
    err()
        .printf(
            "%s: %s, matrices as %s; %s%n",
            chosen.output(), export.summary(), chosen.type(), comparison.sentence());
  }

  private static void requireNew(Path file) {
    if (Files.exists(file)) {
      throw new UsageException(file + ": is there already; choose another --output");
    }
  }
}
