package org.rlhf4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.rlhf4j.model.UsageException;
import org.rlhf4j.model.UserException;
import org.rlhf4j.training.AtomicFiles;
import org.rlhf4j.training.settings.Setting;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * Runs the stages of a pipeline file in order, each in a folder of its own. A finished stage whose
 * settings and inputs are unchanged is skipped, an unfinished one goes on where it stopped.
 */
@Command(name = "run", description = "Run the stages of a pipeline file in order.")
final class RunCommand extends SettingsCommand<RunCommand.RunSettings> {

  /**
   * What {@code rlhf run} takes beside the file.
   *
   * @param output the folder whose subfolders the stages run in
   * @param rerun stages to run anew
   */
  record RunSettings(
      @Setting(help = "Folder that the stages' folders are written to.", required = true)
          Path output,
      @Setting(help = "Stage to run anew, its old folder deleted.") List<String> rerun) {}

  @Parameters(paramLabel = "PIPELINE.yaml", description = "The pipeline file.")
  private Path file;

  RunCommand() {
    super(RunSettings.class);
  }

  @Override
  void run(RunSettings chosen) throws IOException {
    Path output = chosen.output().toAbsolutePath().normalize();
    Pipeline pipeline = Pipeline.read(file, output);
    for (String name : chosen.rerun()) {
      if (pipeline.stages().stream().noneMatch(stage -> stage.name().equals(name))) {
        throw new UsageException("--rerun " + name + ": the pipeline has no such stage");
      }
    }
    Files.createDirectories(output);
    int number = 0;
    for (PipelineStage stage : pipeline.stages()) {
      String which = "stage %d/%d %s".formatted(++number, pipeline.stages().size(), stage.name());
      run(stage, which, output, chosen.rerun().contains(stage.name()));
    }
    err().println("all stages are finished in " + chosen.output());
  }

  private void run(PipelineStage stage, String which, Path output, boolean anew)
      throws IOException {
    Path folder = output.resolve(stage.name());
    Path file = output.resolve("pipeline").resolve(stage.name() + ".txt");
    StageRecord now = StageRecord.of(stage);
    Optional<StageRecord> before = anew ? Optional.empty() : StageRecord.read(file);
    if (anew) {
      AtomicFiles.deleteFolder(folder);
    }
    if (before.isPresent()) {
      Optional<String> change = now.changeSince(before.get());
      if (change.isPresent()) {
        throw new UserException(
            "%s: changed since it ran: %s; --rerun %s runs it anew"
                .formatted(which, change.get(), stage.name()));
      }
      if (Files.exists(folder.resolve("finished"))) {
        err().println(which + ": unchanged, skipped");
        err().flush();
        return;
      }
    }
    err().println(which);
    err().flush();
    now.write(file);
    stage.work().run(before.isPresent());
  }
}
