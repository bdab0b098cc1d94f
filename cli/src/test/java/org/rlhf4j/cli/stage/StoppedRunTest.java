package org.rlhf4j.cli.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.rlhf4j.cli.Outcome.rlhf;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.cli.Outcome;
import org.rlhf4j.cli.Rlhf;
import org.rlhf4j.training.run.AtomicFiles;

/** Commands in processes of their own that a signal or {@code rlhf stop} stops. */
class StoppedRunTest {

  private static final Path MODEL =
      Path.of("../sft/src/test/resources/fixtures/sft/model").toAbsolutePath().normalize();
  private static final int STEPS = 100_000;

  @TempDir private Path folder;
  private Path output;
  private Process process;
  private BufferedReader lines;

  @BeforeEach
  void writeRows() throws IOException {
    output = folder.resolve("out");
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      rows.add("{\"prompt\": \"is it " + i + "?\", \"completion\": \" yes\"}");
    }
    Files.write(folder.resolve("rows.jsonl"), rows);
  }

  @AfterEach
  void end() throws InterruptedException {
    if (process != null) {
      process.destroyForcibly().waitFor();
    }
  }

  /** Starts a command in the folder and returns once it is at its steps. */
  private void start(String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-Dai.djl.offline=true", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.add(Rlhf.class.getName());
    command.addAll(List.of(arguments));
    process = new ProcessBuilder(command).directory(folder.toFile()).start();
    lines = process.errorReader(StandardCharsets.UTF_8);
    readUntil("step 1/");
  }

  private void readUntil(String part) throws IOException {
    List<String> read = new ArrayList<>();
    String line = lines.readLine();
    while (line != null && !line.contains(part)) {
      read.add(line);
      line = lines.readLine();
    }
    assertThat(line).as("%s in %s", part, read).isNotNull();
  }

  /** Sends SIGTERM. A {@link Process} would close its streams, too. */
  private void terminate() {
    process.toHandle().destroy();
  }

  private List<String> rest() {
    return lines.lines().toList();
  }

  private String[] sft() {
    return new String[] {
      "sft",
      "--model",
      MODEL.toString(),
      "--data",
      "rows.jsonl",
      "--eval-fraction",
      "0",
      "--output",
      "it's out",
      "--steps",
      Integer.toString(STEPS),
      "--checkpoint-every",
      Integer.toString(STEPS),
      "--threads",
      "1"
    };
  }

  /** What is said last is the line to type: quoted where a shell would take it apart. */
  private String resumed() {
    return "resume with rlhf "
        + String.join(" ", sft()).replace("it's out", "'it'\\''s out'")
        + " --resume";
  }

  @Test
  void aSignalLeavesACheckpointOfTheLastFinishedStep() throws Exception {
    start(sft());
    terminate();
    readUntil(
        "interrupted: the run ends in its step or after it, and keeps its finished"
            + " steps; a second signal");
    List<String> rest = rest();
    assertThat(rest.get(rest.size() - 1)).isEqualTo("interrupted, " + resumed());
    assertThat(process.waitFor()).isEqualTo(143);
    assertThat(AtomicFiles.list(folder.resolve("it's out/checkpoints"))).hasSize(1);
  }

  @Test
  void aRequestStopsIt() throws Exception {
    start(sft());
    Path run = folder.resolve("it's out");
    Outcome stop = rlhf("stop", run.toString());
    assertThat(stop.code()).as(stop.err()).isZero();
    assertThat(stop.err())
        .isEqualTo(
            run
                + ": asked to stop; it ends in its step or after it, and keeps its"
                + " finished steps\n");
    List<String> rest = rest();
    assertThat(rest.get(rest.size() - 1)).isEqualTo("stopped, " + resumed());
    assertThat(process.waitFor()).isZero();
    assertThat(AtomicFiles.list(run.resolve("checkpoints"))).hasSize(1);
    Outcome again = rlhf("stop", run.toString());
    assertThat(again.code()).isEqualTo(1);
    assertThat(again.err())
        .isEqualTo(
            "rlhf: "
                + run
                + ": no process runs here; there is nothing to stop, and --resume continues it\n");
  }

  /** The reward never comes, so the step is never finished. */
  @Test
  void aSecondSignalEndsItAtOnce() throws Exception {
    Path waiting = folder.resolve("waiting");
    assertThat(new ProcessBuilder("mkfifo", waiting.toString()).start().waitFor()).isZero();
    start(
        "grpo",
        "--model",
        MODEL.toString(),
        "--data",
        "rows.jsonl",
        "--reward",
        "command:while read -r line; do if [ -e hold ]; then echo > waiting; sleep 600; fi;"
            + " echo '{\"score\": 1}'; done",
        "--max-new-tokens",
        "2",
        "--prompts-per-step",
        "2",
        "--group-size",
        "2",
        "--steps",
        Integer.toString(STEPS),
        "--checkpoint-every",
        "1",
        "--output",
        "out");
    Files.createFile(folder.resolve("hold"));
    Files.readString(waiting); // comes once the reward is awaited
    terminate();
    readUntil("a second signal ends at once");
    terminate();
    List<String> rest = rest();
    assertThat(rest.get(rest.size() - 1)).startsWith("interrupted, resume with rlhf grpo");
    assertThat(process.waitFor()).isEqualTo(143);
    assertThat(AtomicFiles.list(output.resolve("checkpoints")))
        .as("whole checkpoints")
        .allMatch(checkpoint -> Files.exists(checkpoint.resolve("state.json")));
  }

  @Test
  void aRequestStopsThePipelineToo() throws Exception {
    Files.writeString(
        folder.resolve("pipeline.yaml"),
        """
        threads: 1
        stages:
          - {name: one, stage: sft, model: %s, data: rows.jsonl, eval-fraction: 0, steps: %s}
          - {name: two, stage: sft, model: {from: one}, data: rows.jsonl, steps: 2}
        """
            .formatted(MODEL, Integer.toString(STEPS)));
    start("run", "pipeline.yaml", "--output", "out", "--rerun", "one");
    Outcome stop = rlhf("stop", output.toString());
    assertThat(stop.code()).as(stop.err()).isZero();
    List<String> rest = rest();
    assertThat(rest.get(rest.size() - 1))
        .isEqualTo("stopped, resume with rlhf run pipeline.yaml --output out");
    assertThat(process.waitFor()).isZero();
    assertThat(AtomicFiles.list(output.resolve("one/checkpoints"))).isNotEmpty();
    assertThat(output.resolve("two")).doesNotExist();
    Outcome again = rlhf("stop", output.toString());
    assertThat(again.code()).isEqualTo(1);
    assertThat(again.err()).contains("no process runs this pipeline");
  }
}
