package org.rlhf4j.cli.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.rlhf4j.cli.command.SettingsCommand;
import org.rlhf4j.cli.model.NewCommand;
import org.rlhf4j.pipeline.Pipeline;
import org.rlhf4j.pipeline.PipelineRun;
import org.rlhf4j.settings.MachineSettings;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.run.SaveSettings;
import picocli.CommandLine.Command;

/** Shows all stages on rows of its own, and whether they did what they are there for. */
@Command(
    name = "demo",
    description = "Run all stages on built-in rows and explain them: a place to start.")
public final class DemoCommand extends SettingsCommand<DemoCommand.DemoSettings> {

  private static final String INPUT = "input";

  /** How the launcher was called. */
  private static final String COMMAND = System.getProperty("rlhf.command", "./rlhf");

  /**
   * What {@code rlhf demo} takes.
   *
   * @param quick whether the stages make fewer steps
   * @param output the folder of rows, runs and the report
   * @param machine device, threads and seed
   */
  record DemoSettings(
      @Setting(
              help = "Make fewer steps. It takes less than a minute on two cores and shows less.",
              defaultValue = "false")
          boolean quick,
      @Setting(help = "Folder for everything that the demo writes.", defaultValue = "runs/demo")
          Path output,
      MachineSettings machine) {

    /** What the pipeline file begins with. */
    List<String> common() {
      List<String> lines = new ArrayList<>();
      lines.add("seed: " + machine.seed());
      lines.add("device: " + machine.device().toString().toLowerCase(Locale.ROOT));
      lines.add("precision: " + machine.precision().toString().toLowerCase(Locale.ROOT));
      if (machine.threads() != null) {
        lines.add("threads: " + machine.threads());
      }
      return lines;
    }
  }

  public DemoCommand() {
    super(DemoSettings.class);
  }

  @Override
  protected void run(DemoSettings chosen) throws IOException {
    Path output = chosen.output().toAbsolutePath().normalize();
    Path input = output.resolve(INPUT);
    requireOwn(chosen.output(), input);
    DemoFiles.write(input, chosen.quick(), chosen.common());
    tell(chosen);
    Path model = input.resolve("model");
    if (!Files.exists(model)) {
      NewCommand.make(
          new NewCommand.NewSettings(
              input.resolve("config.json"),
              input.resolve("tokenizer"),
              model,
              SaveSettings.DEFAULT,
              chosen.machine()));
    }
    Pipeline pipeline = Pipeline.read(input.resolve(DemoFiles.PIPELINE), output, Map.of());
    DemoStory story = new DemoStory(output, input, chosen.machine().seed(), err());
    PipelineRun run = new PipelineRun(pipeline, output, List.of(), err());
    if (finishes(stop -> run.run(story, stop))) {
      conclude(chosen, Promise.of(chosen.quick(), story.figures()));
    }
  }

  private static void requireOwn(Path output, Path input) throws IOException {
    if (Files.exists(output) && !Files.isDirectory(output)) {
      throw new UsageException(output + ": is a file; give --output a folder");
    }
    if (Files.isDirectory(output) && !Files.isDirectory(input)) {
      try (Stream<Path> content = Files.list(output)) {
        if (content.findAny().isPresent()) {
          throw new UsageException(
              output + ": this folder isn't empty and has no demo in it; choose another --output");
        }
      }
    }
  }

  private void tell(DemoSettings chosen) {
    err()
        .printf(
            "A small language model learns to write, to be kind and to add, in %s on two cores.%n"
                + "Its rows, its settings and everything that it writes are in %s.%n",
            chosen.quick() ? "less than a minute" : "about three minutes", chosen.output());
    err().flush();
  }

  private void conclude(DemoSettings chosen, List<Promise> promises) {
    out().println();
    out().println(Promise.HEAD);
    promises.forEach(promise -> out().println(promise.line()));
    Path at = chosen.output();
    out().println();
    out().println("report: " + at.resolve("report.html"));
    out().println();
    out().println("Next:");
    out()
        .printf(
            "  %s compare --model %s --reference-model %s --reward-model %s --data %s%n",
            COMMAND,
            at.resolve("ppo"),
            at.resolve("sft"),
            at.resolve("reward"),
            at.resolve(INPUT).resolve(DemoFiles.HELD_OUT));
    out()
        .printf(
            "  %s inspect --model %s --data %s%n",
            COMMAND, at.resolve("sft"), at.resolve(INPUT).resolve("comparisons.csv"));
    out()
        .println(
            "  "
                + COMMAND
                + " sft --model HuggingFaceTB/SmolLM2-135M --data YOURS.jsonl --output runs/sft");
    out().flush();
    requireKept(promises);
  }

  private static void requireKept(List<Promise> promises) {
    List<String> broken =
        promises.stream().filter(promise -> !promise.kept()).map(Promise::what).toList();
    if (!broken.isEmpty()) {
      throw new UserException(
          "demo: the results are worse than promised: "
              + String.join(", ", broken.stream().map(String::strip).toList())
              + "; try another --seed and --output, and report the lines above");
    }
  }
}
