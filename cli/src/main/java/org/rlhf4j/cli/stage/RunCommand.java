package org.rlhf4j.cli.stage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.rlhf4j.cli.command.Machine;
import org.rlhf4j.cli.command.SettingsCommand;
import org.rlhf4j.pipeline.Pipeline;
import org.rlhf4j.pipeline.PipelineRun;
import org.rlhf4j.pipeline.PipelineStage;
import org.rlhf4j.settings.MachineSettings.Device;
import org.rlhf4j.settings.NearestName;
import org.rlhf4j.settings.PrecisionChoice;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.UsageException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * Runs the stages of a pipeline file in order, each in a folder of its own. A finished stage whose
 * settings and inputs are unchanged is skipped, an unfinished one goes on where it stopped.
 */
@Command(name = "run", description = "Run the stages of a pipeline file in order.")
public final class RunCommand extends SettingsCommand<RunCommand.RunSettings> {

  /**
   * What {@code rlhf run} takes beside the file. What stands in the file is null here unless it is
   * given, and wins then.
   *
   * @param output the folder whose subfolders the stages run in
   * @param rerun stages to run anew
   * @param device where to compute, or null
   * @param threads CPU threads for arithmetic, or null
   * @param precision what networks compute in, or null
   * @param seed of everything that is random, or null
   */
  record RunSettings(
      @Setting(help = "Folder for the folders of the stages.", required = true) Path output,
      @Setting(help = "Stage to run again. Its old folder is deleted.") List<String> rerun,
      @Setting(help = "Device that networks compute on.", defaultText = "the file's") Device device,
      @Setting(help = "CPU threads for arithmetic.", defaultText = "the file's") Integer threads,
      @Setting(help = "Number format of the networks.", defaultText = "the file's")
          PrecisionChoice precision,
      @Setting(help = "Seed of all random numbers.", defaultText = "the file's") Long seed) {

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

  public RunCommand() {
    super(RunSettings.class);
  }

  @Override
  protected void run(RunSettings chosen) throws IOException {
    Path output = chosen.output().toAbsolutePath().normalize();
    if (Files.exists(output) && !Files.isDirectory(output)) {
      throw new UsageException(chosen.output() + ": is a file; give --output a folder");
    }
    Pipeline pipeline = Pipeline.read(file, output, chosen.overrides());
    checkRerun(chosen.rerun(), pipeline);
    Machine.prepare(pipeline.machine(), err());
    PipelineRun run = new PipelineRun(pipeline, output, chosen.rerun(), err());
    if (!finishes(stop -> run.run(new PipelineRun.Watcher() {}, stop))) {
      return;
    }
    err().println("all stages are finished in " + chosen.output());
    err().println("report: " + chosen.output().resolve("report.html"));
  }

  /** What runs anew has begun: to continue it isn't to run it anew. */
  @Override
  protected List<String> continued(List<String> arguments) {
    List<String> kept = new ArrayList<>();
    for (int i = 0; i < arguments.size(); i++) {
      if (arguments.get(i).equals("--rerun")) {
        i++; // its value
      } else if (!arguments.get(i).startsWith("--rerun=")) {
        kept.add(arguments.get(i));
      }
    }
    return kept;
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
}
