package org.rlhf4j.cli.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.rlhf4j.cli.Outcome.rlhf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.cli.Outcome;
import org.rlhf4j.cli.command.Machine;
import org.rlhf4j.model.torch.Gpu;
import org.rlhf4j.training.run.AtomicFiles;
import org.rlhf4j.training.run.RunDirectory;

/** Pipelines of stages of two steps, as a user runs them. */
class RunCommandTest {

  private static final Path MODEL =
      Path.of("../sft/src/test/resources/fixtures/sft/model").toAbsolutePath().normalize();

  @TempDir private Path folder;
  private Path rows;
  private Path output;

  @BeforeEach
  void writeRows() throws IOException {
    rows = folder.resolve("rows.jsonl");
    output = folder.resolve("out");
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      lines.add(
          String.format(
              Locale.ROOT,
              "{\"prompt\": \"is it %d?\", \"chosen\": \" yes, it is\", \"rejected\": \" no\"}",
              i));
    }
    Files.write(rows, lines);
    write("");
  }

  /** Two stages: an sft stage with more settings, then a reward stage from its model. */
  private void write(String more) throws IOException {
    Files.writeString(
        folder.resolve("pipeline.yaml"),
        """
        seed: 3
        threads: 1
        stages:
          - name: sft
            stage: sft
            model: %s
            data: rows.jsonl
            steps: 2
            checkpoint-every: 1
        %s
          - name: reward
            stage: reward
            model: {from: sft}
            data: [rows.jsonl]
            steps: 2
        """
            .formatted(MODEL, more));
  }

  private Outcome run(String... more) {
    return runTo(output, more);
  }

  private Outcome runTo(Path to, String... more) {
    String[] first = {"run", folder.resolve("pipeline.yaml").toString(), "--output", to.toString()};
    String[] args = Stream.concat(Arrays.stream(first), Arrays.stream(more)).toArray(String[]::new);
    return rlhf(args);
  }

  private byte[] weights(Path run) throws IOException {
    return Files.readAllBytes(run.resolve("model/model.safetensors"));
  }

  @Test
  void runsTheStagesThenSkipsWhatIsUnchanged() throws IOException {
    Outcome first = run();
    assertThat(first.code()).as(first.err()).isZero();
    assertThat(first.err())
        .isEqualToNormalizingNewlines(
            "stage 1/2 sft\nstage 2/2 reward\nall stages are finished in %s\nreport: %s\n"
                .formatted(output, output.resolve("report.html")));
    for (String folder : List.of("", "sft")) {
      assertThat(output.resolve(folder).resolve("report.html")).content().contains("held-out loss");
    }
    byte[] reward = weights(output.resolve("reward"));

    Outcome second = run();
    assertThat(second.code()).as(second.err()).isZero();
    assertThat(second.err())
        .contains("stage 1/2 sft: unchanged, skipped", "stage 2/2 reward: unchanged, skipped");
    assertThat(weights(output.resolve("reward"))).isEqualTo(reward);
  }

  @Test
  void saysWhatChangedUntilToldToRunItAnew() throws IOException {
    assertThat(run().code()).isZero();
    write("    learning-rate: 3e-5");
    Outcome changed = run();
    assertThat(changed.code()).isEqualTo(1);
    assertThat(changed.lastErrorLine())
        .isEqualTo(
            "rlhf: stage 1/2 sft: it has changed since it ran: learning-rate was 2e-5, is now 3e-5;"
                + " --rerun sft runs it again");

    byte[] before = weights(output.resolve("sft"));
    Outcome next = run("--rerun", "sft");
    assertThat(weights(output.resolve("sft"))).isNotEqualTo(before);
    assertThat(next.code()).isEqualTo(1);
    assertThat(next.lastErrorLine())
        .isEqualTo(
            "rlhf: stage 2/2 reward: it has changed since it ran: the content of "
                + output.resolve("sft/model")
                + "; --rerun reward runs it again");

    assertThat(run("--rerun", "reward").err()).contains("sft: unchanged, skipped");
  }

  @Test
  void noticesChangedRows() throws IOException {
    assertThat(run().code()).isZero();
    Files.writeString(
        rows, "{\"prompt\": \"p\", \"completion\": \" c\"}\n", StandardOpenOption.APPEND);
    assertThat(run().lastErrorLine())
        .contains("stage 1/2 sft: it has changed", "the content of " + rows);
  }

  @Test
  void goesOnWhereAStageStopped() throws IOException {
    Path whole = folder.resolve("whole");
    assertThat(runTo(whole).code()).isZero();

    // What a kill after the first step leaves: its checkpoint, no model, no mark.
    assertThat(run().code()).isZero();
    Path sft = output.resolve("sft");
    Files.delete(sft.resolve("finished"));
    AtomicFiles.deleteFolder(sft.resolve("model"));
    AtomicFiles.deleteFolder(sft.resolve("checkpoints/step-2"));
    AtomicFiles.deleteFolder(output.resolve("reward"));
    Files.delete(output.resolve("pipeline/reward.txt"));

    Outcome resumed = run();
    assertThat(resumed.code()).as(resumed.err()).isZero();
    assertThat(resumed.err()).doesNotContain("skipped");
    assertThat(Files.readAllLines(sft.resolve("metrics.jsonl"))).hasSize(2);
    assertThat(weights(sft)).isEqualTo(weights(whole.resolve("sft")));
    assertThat(weights(output.resolve("reward"))).isEqualTo(weights(whole.resolve("reward")));
  }

  /** What a kill between the mark and the report leaves. */
  @Test
  void aFinishedStageGetsTheReportThatItLacks() throws IOException {
    assertThat(run().code()).isZero();
    Path report = output.resolve("sft/report.html");
    byte[] whole = Files.readAllBytes(report);
    Files.delete(report);
    Files.writeString(output.resolve("reward/report.html"), "kept");
    assertThat(run().err()).contains("stage 1/2 sft: unchanged, skipped");
    assertThat(report).hasBinaryContent(whole);
    assertThat(output.resolve("reward/report.html")).hasContent("kept");
  }

  @Test
  void runsNothingAnewWhereAnotherProcessRuns() throws IOException {
    assertThat(run().code()).isZero();
    for (String running : List.of("sft", "reward")) {
      try (RunDirectory other = RunDirectory.open(output.resolve(running), true)) {
        Outcome refused = run("--rerun", "sft");
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.lastErrorLine())
            .startsWith("rlhf: " + other.folder() + ": another process is running here; ");
        assertThat(output.resolve("sft/finished")).exists();
        assertThat(output.resolve("pipeline/sft.txt")).exists();
      }
    }
    assertThat(run("--rerun", "sft").code()).isZero();
  }

  @Test
  void namesTheNearestStageToRunAnew() {
    Outcome outcome = run("--rerun", "rewrd");
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.lastErrorLine())
        .isEqualTo("rlhf: --rerun rewrd: the pipeline has no such stage; did you mean 'reward'?");
    assertThat(output).doesNotExist();
  }

  @Test
  void aStageThatFailsBeforeItsFirstStepLeavesNothing() throws IOException {
    Files.writeString(rows, "{\"prompt\": \"p\"}\n");
    Outcome outcome = run();
    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.lastErrorLine()).contains(rows + ":1:1");
    assertThat(output).doesNotExist();

    writeRows();
    assertThat(run().code()).isZero();
  }

  @Test
  void leavesAFolderAloneThatItDidNotMake() throws IOException {
    Path letter = Files.createDirectories(output.resolve("sft")).resolve("letter.txt");
    Files.writeString(letter, "Dear");
    for (String[] more : new String[][] {{}, {"--rerun", "sft"}}) {
      Outcome outcome = run(more);
      assertThat(outcome.code()).isEqualTo(2);
      assertThat(outcome.lastErrorLine())
          .contains("this folder doesn't belong to this pipeline; move it away");
    }
    assertThat(letter).hasContent("Dear");
  }

  @Test
  void refusesAFileAsOutput() throws IOException {
    Files.writeString(output, "");
    Outcome outcome = run();
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.lastErrorLine())
        .isEqualTo("rlhf: " + output + ": is a file; give --output a folder");
  }

  @Test
  void refusesWhatNetworksDoNotComputeOn() {
    Optional<String> fault = Gpu.ofMachine().fault();
    assumeTrue(fault.isPresent());
    assertThat(run("--device", "gpu").lastErrorLine())
        .isEqualTo("rlhf: " + Machine.noGpu(fault.get()).getMessage());
    assertThat(Machine.noGpu("there is none"))
        .hasMessage("--device gpu: there is none (--device auto takes the CPU)");
    assertThat(output).doesNotExist();
  }
}
