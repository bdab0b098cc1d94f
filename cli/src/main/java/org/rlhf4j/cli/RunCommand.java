package org.rlhf4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.rlhf4j.cli.report.Report;
import org.rlhf4j.model.UsageException;
import org.rlhf4j.model.UserException;
import org.rlhf4j.training.AtomicFiles;
import org.rlhf4j.training.settings.MachineSettings.Device;
import org.rlhf4j.training.settings.MachineSettings.Precision;
import org.rlhf4j.training.settings.NearestName;
import org.rlhf4j.training.settings.Setting;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * Runs the stages of a pipeline file in order, each in a folder of its own. A finished stage whose
 * settings and inputs are unchanged is skipped, an unfinished one goes on where it stopped.
 */
@Command(name = "run", description = "Run the stages of a pipeline file in order.")
final class RunCommand extends SettingsCommand<RunCommand.RunSettings> {

  private static final String RECORDS = "pipeline";

  /**
   * What {@code rlhf run} takes beside the file. What stands in the file is null here unless it is
   * given, and wins then.
   *
   * @param output the folder whose subfolders the stages run in
   * @param rerun stages to run anew
   * @param device where to compute, or null
   * @param threads CPU threads for arithmetic, or null
   * @param precision of the weights in arithmetic, or null
   * @param seed of everything that is random, or null
   */
  record RunSettings(
      @Setting(help = "Folder that the stages' folders are written to.", required = true)
          Path output,
      @Setting(help = "Stage to run anew, its old folder deleted.") List<String> rerun,
      @Setting(help = "Where to compute.", defaultText = "the file's") Device device,
      @Setting(help = "CPU threads for arithmetic.", defaultText = "the file's") Integer threads,
      @Setting(help = "Number format of the networks' arithmetic.", defaultText = "the file's")
          Precision precision,
      @Setting(help = "Seed of everything that is random.", defaultText = "the file's") Long seed) {

    Map<String, String> overrides() {
      Map<String, String> given = new LinkedHashMap<>();
      put(given, "device", device);
      put(given, "threads", threads);
      put(given, "precision", precision);
      put(given, "seed", seed);
      return given;
    }

    private static void put(Map<String, String> given, String name, Object value) {
      if (value != null) {
        given.put(name, value.toString().toLowerCase(Locale.ROOT));
      }
    }
  }

  @Parameters(paramLabel = "PIPELINE.yaml", description = "The pipeline file.")
  private Path file;

  RunCommand() {
    super(RunSettings.class);
  }

  @Override
  void run(RunSettings chosen) throws IOException {
    Path output = chosen.output().toAbsolutePath().normalize();
    if (Files.exists(output) && !Files.isDirectory(output)) {
      throw new UsageException(chosen.output() + ": is a file; give --output a folder");
    }
    Pipeline pipeline = Pipeline.read(file, output, chosen.overrides());
    checkRerun(chosen.rerun(), pipeline);
    Machine.prepare(pipeline.machine());
    boolean isNew = !Files.exists(output);
    try {
      runAll(pipeline.stages(), output, chosen.rerun());
    } finally {
      if (isNew) {
        deleteIfEmpty(output);
      }
    }
    List<Path> runs =
        pipeline.stages().stream().map(stage -> output.resolve(stage.name())).toList();
    Report.ofAll(runs, output);
    show("all stages are finished in " + chosen.output());
    show("report: " + chosen.output().resolve("report.html"));
  }

  private void runAll(List<PipelineStage> stages, Path output, List<String> rerun)
      throws IOException {
    int number = 0;
    for (PipelineStage stage : stages) {
      String which = "stage %d/%d %s".formatted(++number, stages.size(), stage.name());
      run(stage, which, output, rerun.contains(stage.name()));
    }
  }

  private static void checkRerun(List<String> rerun, Pipeline pipeline) {
    List<String> names = pipeline.stages().stream().map(PipelineStage::name).toList();
    for (String name : rerun) {
      if (!names.contains(name)) {
        throw new UsageException(
            "--rerun %s: the pipeline has no such stage; did you mean '%s'?"
                .formatted(name, NearestName.of(name, names).orElseThrow()));
      }
    }
  }

  private void run(PipelineStage stage, String which, Path output, boolean anew)
      throws IOException {
    Path folder = output.resolve(stage.name());
    Path file = output.resolve(RECORDS).resolve(stage.name() + ".txt");
    StageRecord now = StageRecord.of(stage);
    Optional<StageRecord> before = Files.exists(folder) ? StageRecord.read(file) : Optional.empty();
    if (before.isEmpty() && holdsSomething(folder)) {
      throw new UsageException(
          folder + ": isn't of this pipeline; move it away, or choose another --output");
    }
    if (anew) {
      AtomicFiles.deleteFolder(folder);
      before = Optional.empty();
    }
    if (before.isPresent() && isUpToDate(which, stage, now, before.get(), folder)) {
      show(which + ": unchanged, skipped");
      return;
    }
    show(which);
    Files.createDirectories(file.getParent());
    now.write(file);
    try {
      stage.work().run(before.isPresent());
    } finally {
      if (!Files.exists(folder)) { // it failed before its first step
        Files.deleteIfExists(file);
        deleteIfEmpty(file.getParent());
      }
    }
  }

  private static boolean holdsSomething(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return Files.exists(folder);
    }
    try (var content = Files.list(folder)) {
      return content.findAny().isPresent();
    }
  }

  /** Whether the stage is finished as it would be run now; a change is an error. */
  private static boolean isUpToDate(
      String which, PipelineStage stage, StageRecord now, StageRecord before, Path folder) {
    Optional<String> change = now.changeSince(before);
    if (change.isPresent()) {
      throw new UserException(
          "%s: changed since it ran: %s; --rerun %s runs it anew"
              .formatted(which, change.get(), stage.name()));
    }
    return Files.exists(folder.resolve("finished"));
  }

  private static void deleteIfEmpty(Path folder) throws IOException {
    if (Files.exists(folder) && !holdsSomething(folder)) {
      Files.delete(folder);
    }
  }

  private void show(String line) {
    err().println(line);
    err().flush();
  }
}
