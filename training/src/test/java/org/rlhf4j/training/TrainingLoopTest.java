package org.rlhf4j.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.training.display.Display;
import org.rlhf4j.training.optimizer.NonFiniteException;
import org.rlhf4j.training.run.AtomicFiles;
import org.rlhf4j.training.run.Metrics;
import org.rlhf4j.training.run.RunDirectory;

class TrainingLoopTest {

  private static final int STEPS = StoppableRun.STEPS;

  private final ByteArrayOutputStream shown = new ByteArrayOutputStream();
  private long ticks;

  @TempDir private Path folder;

  private Display display() {
    PrintStream stream = new PrintStream(shown, true, StandardCharsets.UTF_8);
    return new Display(stream, false, 80, () -> ticks += 1_000_000_000L);
  }

  private void run(Path output, boolean resume, Stage stage) throws IOException {
    try (RunDirectory run = RunDirectory.open(output, resume)) {
      new TrainingLoop(run, StoppableRun.SETTINGS, stage, display()).run();
    }
  }

  private List<String> uninterrupted() throws IOException {
    Path output = folder.resolve("uninterrupted");
    run(output, false, new FakeStage(STEPS));
    return withoutClock(output);
  }

  private static List<String> withoutClock(Path output) throws IOException {
    return Files.readAllLines(output.resolve("metrics.jsonl")).stream()
        .map(line -> line.replaceAll(",\"step_seconds\":[^,}]*", ""))
        .toList();
  }

  private static Path samples(Path output) {
    return output.resolve("samples.jsonl");
  }

  private String shown() {
    return shown.toString(StandardCharsets.UTF_8);
  }

  @Test
  void writesMetricsCheckpointsAndModel() throws IOException {
    Path output = folder.resolve("run");
    run(output, false, new FakeStage(STEPS));
    List<String> lines = Files.readAllLines(output.resolve("metrics.jsonl"));
    assertThat(lines).hasSize(STEPS);
    assertThat(lines.get(0)).startsWith("{\"step\":1,\"loss\":").endsWith(",\"step_seconds\":1.0}");
    assertThat(lines.get(0)).doesNotContain("eval_loss");
    assertThat(lines.get(2)).contains(",\"eval_loss\":");
    assertThat(AtomicFiles.list(output.resolve("checkpoints")))
        .extracting(path -> path.getFileName().toString())
        .containsExactly("step-12", "step-9");
    assertThat(output.resolve("model/weight")).exists();
    assertThat(shown()).contains("fake: step 12/12");
  }

  @Test
  void samplesAreTakenAtTheStartAndAtEachCheckpoint() throws IOException {
    Path output = folder.resolve("run");
    run(output, false, new FakeStage(STEPS));
    List<String> lines = Files.readAllLines(samples(output));
    assertThat(lines.get(0))
        .isEqualTo(
            "{\"step\":0,\"prompt\":\"a prompt\",\"completion\":\"weight 1.0\",\"ended\":true,"
                + "\"score\":1.0}");
    assertThat(lines)
        .extracting(line -> line.replaceAll(",\"prompt.*", ""))
        .containsExactly(
            "{\"step\":0", "{\"step\":3", "{\"step\":6", "{\"step\":9", "{\"step\":12");
  }

  /** What there is to warn of is said once, and not again by a run that goes on after it. */
  @Test
  void warnsOnceOverAllStarts() throws IOException {
    Path output = folder.resolve("run");
    run(output, false, warned(2, 3));
    Files.delete(output.resolve("finished"));
    run(output, true, warned(6, 9));
    assertThat(shown())
        .containsOnlyOnce("warning: step 2: the gradient is huge (grad_norm NaN); lower");
  }

  private static Stage warned(int step, int steps) {
    return new FakeStage(steps) {
      @Override
      public Metrics step(int made, StopFlag stop) {
        return super.step(made, stop).put("grad_norm", made == step ? Double.NaN : 1);
      }
    };
  }

  @Test
  void eachStartWritesAnEventFile() throws IOException {
    Path output = folder.resolve("run");
    run(output, false, new FakeStage(3));
    Files.delete(output.resolve("finished"));
    run(output, true, new FakeStage(6));
    assertThat(AtomicFiles.list(output.resolve("tensorboard")))
        .extracting(path -> path.getFileName().toString())
        .containsExactly("events.out.tfevents.000001.rlhf", "events.out.tfevents.000002.rlhf");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 4, 7, 9, 12})
  void aStoppedRunGoesOnToTheSameNumbers(int stopAt) throws IOException {
    Path output = folder.resolve("run");
    FakeStage stopped =
        new FakeStage(
            STEPS,
            step -> {
              if (step == stopAt) {
                throw new IllegalStateException("stopped");
              }
            });
    assertThatThrownBy(() -> run(output, false, stopped)).hasMessage("stopped");
    run(output, true, new FakeStage(STEPS));
    assertThat(withoutClock(output)).isEqualTo(uninterrupted());
    assertThat(output.resolve("model/weight"))
        .hasSameTextualContentAs(folder.resolve("uninterrupted/model/weight"));
    assertThat(samples(output)).hasSameTextualContentAs(samples(folder.resolve("uninterrupted")));
  }

  /** A step that is no checkpoint's ends in one, and the run goes on to the same numbers. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aRunThatIsAskedToStopFinishesItsStep(boolean byFile) throws IOException {
    Path output = folder.resolve("run");
    StopFlag stop = new StopFlag();
    FakeStage asked =
        new FakeStage(
            STEPS,
            step -> {
              if (step == 4 && byFile) {
                request(output);
              } else if (step == 4) {
                assertThat(stop.raise()).as("a run is at its steps").isTrue();
              }
            });
    assertThatThrownBy(() -> run(output, asked, stop))
        .isInstanceOf(StoppedException.class)
        .hasMessage(output + (byFile ? ": stopped" : ": interrupted") + ", resume with --resume");
    assertThat(AtomicFiles.list(output.resolve("checkpoints")))
        .extracting(path -> path.getFileName().toString())
        .containsExactly("step-3", "step-4");
    assertThat(output.resolve("stop")).doesNotExist();
    run(output, true, new FakeStage(STEPS));
    assertThat(shown()).contains("resuming after step 4");
    assertThat(withoutClock(output)).isEqualTo(uninterrupted());
    assertThat(samples(output)).hasSameTextualContentAs(samples(folder.resolve("uninterrupted")));
  }

  /** Its step has three micro-batches; a stop is asked for in the second one of a step. */
  private static class InMicroBatches extends FakeStage {
    private final int stopIn;
    private final Runnable ask;
    private int microBatches;

    InMicroBatches(int stopIn, Runnable ask) {
      super(STEPS);
      this.stopIn = stopIn;
      this.ask = ask;
    }

    @Override
    public Metrics step(int step, StopFlag stop) {
      for (int microBatch : stop.over(List.of(1, 2, 3))) {
        if (step == stopIn && microBatch == 2) {
          ask.run();
        }
        microBatches++;
      }
      return super.step(step, stop);
    }
  }

  /**
   * Checkpoints are due after the steps 3, 6, 9 and 12. In step 1 nothing is done that could be
   * kept. In step 4 the checkpoint of step 3 is there. In steps 5 and 12 the step before gets one.
   */
  @ParameterizedTest
  @CsvSource({"1, ''", "4, step-3", "5, step-3 step-4", "12, step-11 step-9"})
  void aStepThatIsStoppedIsNotMade(int stopIn, String checkpoints) throws IOException {
    for (boolean byFile : new boolean[] {true, false}) {
      Path output = folder.resolve("run-" + byFile);
      StopFlag stop = new StopFlag();
      InMicroBatches asked =
          new InMicroBatches(stopIn, byFile ? () -> request(output) : stop::raise);
      assertThatThrownBy(() -> run(output, asked, stop))
          .isInstanceOf(StoppedException.class)
          .hasMessage(output + (byFile ? ": stopped" : ": interrupted") + ", resume with --resume");
      // 3 micro-batches in each step before, 2 in the one that is stopped
      assertThat(asked.microBatches).isEqualTo(3 * (stopIn - 1) + 2);
      assertThat(Files.readAllLines(output.resolve("metrics.jsonl"))).hasSize(stopIn - 1);
      assertThat(AtomicFiles.list(output.resolve("checkpoints")))
          .extracting(path -> path.getFileName().toString())
          .containsExactly(checkpoints.isEmpty() ? new String[0] : checkpoints.split(" "));
      assertThat(output.resolve("stop")).doesNotExist();
      run(output, true, new FakeStage(STEPS));
    }
    List<String> whole = uninterrupted();
    for (String run : List.of("run-true", "run-false")) {
      Path output = folder.resolve(run);
      assertThat(withoutClock(output)).isEqualTo(whole);
      assertThat(samples(output)).hasSameTextualContentAs(samples(folder.resolve("uninterrupted")));
    }
  }

  /** A stage that looks at the flag once its state is no longer that of the step before. */
  @Test
  void aStageThatLooksTooLateWouldBeNoticed() throws IOException {
    Path output = folder.resolve("run");
    StopFlag stop = new StopFlag();
    FakeStage late =
        new FakeStage(STEPS) {
          @Override
          public Metrics step(int step, StopFlag flag) {
            Metrics metrics = super.step(step, flag);
            if (step == 5) {
              stop.raise();
              flag.throwIfAsked();
            }
            return metrics;
          }
        };
    assertThatThrownBy(() -> run(output, late, stop)).isInstanceOf(StoppedException.class);
    run(output, true, new FakeStage(STEPS));
    assertThat(withoutClock(output)).isNotEqualTo(uninterrupted());
  }

  private static void request(Path output) {
    try {
      RunDirectory.requestStop(output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void run(Path output, Stage stage, StopFlag stop) throws IOException {
    try (RunDirectory run = RunDirectory.open(output, false)) {
      new TrainingLoop(
              run, StoppableRun.SETTINGS, EvaluationSettings.AT_CHECKPOINTS, stage, display(), stop)
          .run();
    }
  }

  @Test
  void aStopBeforeTheFirstStepLeavesNothing() throws IOException {
    Path output = folder.resolve("run");
    StopFlag stop = new StopFlag();
    assertThat(stop.raise()).as("a run is at its steps").isFalse();
    assertThatThrownBy(() -> run(output, new FakeStage(STEPS), stop))
        .isInstanceOf(StoppedException.class);
    run(output, true, new FakeStage(STEPS));
    assertThat(withoutClock(output)).isEqualTo(uninterrupted());
  }

  /** In its last step there is nothing left to stop. */
  @Test
  void aStopInTheLastStepChangesNothing() throws IOException {
    Path output = folder.resolve("run");
    StopFlag stop = new StopFlag();
    FakeStage asked =
        new FakeStage(
            STEPS,
            step -> {
              if (step == STEPS) {
                stop.raise();
              }
            });
    run(output, asked, stop);
    assertThat(output.resolve("finished")).exists();
    assertThat(withoutClock(output)).isEqualTo(uninterrupted());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aKilledProcessGoesOnToTheSameNumbers(boolean forcibly) throws Exception {
    Path output = folder.resolve("run");
    Process process = StoppableRun.start(output);
    assertThat((forcibly ? process.destroyForcibly() : destroy(process)).waitFor()).isNotZero();
    assertThat(Files.readAllLines(output.resolve("metrics.jsonl"))).hasSize(7);
    run(output, true, new FakeStage(STEPS));
    assertThat(shown()).contains("resuming after step 6");
    assertThat(withoutClock(output)).isEqualTo(uninterrupted());
  }

  private static Process destroy(Process process) {
    process.destroy();
    return process;
  }

  @Test
  void aStageThatForgetsItsStateWouldBeNoticed() throws IOException {
    Path output = folder.resolve("run");
    run(output, false, new FakeStage(STEPS));
    Files.delete(output.resolve("finished"));
    Files.writeString(output.resolve("checkpoints/step-9/weight"), "0");
    Files.delete(output.resolve("checkpoints/step-9/manifest.json")); // or it would be noticed
    AtomicFiles.deleteFolder(output.resolve("checkpoints/step-12"));
    run(output, true, new FakeStage(STEPS));
    assertThat(withoutClock(output)).isNotEqualTo(uninterrupted());
  }

  @Test
  void cutsSamplesAndRolloutsBackToo() throws IOException {
    Path output = folder.resolve("run");
    run(output, false, new FakeStage(3));
    Files.delete(output.resolve("finished"));
    for (String file : List.of("samples.jsonl", "rollouts.jsonl")) {
      Files.writeString(output.resolve(file), "{\"step\":3}\n{\"step\":3}\n{\"step\":4}\n");
    }
    run(output, true, new FakeStage(3));
    for (String file : List.of("samples.jsonl", "rollouts.jsonl")) {
      assertThat(output.resolve(file)).hasContent("{\"step\":3}\n{\"step\":3}\n");
    }
  }

  @Test
  void resumingWithoutACheckpointStartsAndSaysSo() throws IOException {
    Path output = folder.resolve("run");
    run(output, true, new FakeStage(STEPS));
    assertThat(shown()).contains("no checkpoint to resume, starting at step 1");
    assertThat(withoutClock(output)).isEqualTo(uninterrupted());
  }

  @Test
  void resumingAFinishedRunDoesNothing() throws IOException {
    Path output = folder.resolve("run");
    run(output, false, new FakeStage(STEPS));
    FakeStage untouched =
        new FakeStage(
            STEPS,
            step -> {
              throw new IllegalStateException("a step was made");
            });
    run(output, true, untouched);
    assertThat(shown()).endsWith(output + ": finished at step 12, nothing to do\n");
  }

  @Test
  void aRunThatStoppedBeforeItsModelWasWrittenOnlyWritesIt() throws IOException {
    Path output = folder.resolve("run");
    run(output, false, new FakeStage(STEPS));
    Files.delete(output.resolve("finished"));
    AtomicFiles.deleteFolder(output.resolve("model"));
    run(output, true, new FakeStage(STEPS));
    assertThat(withoutClock(output)).isEqualTo(uninterrupted());
    assertThat(output.resolve("model/weight"))
        .hasSameTextualContentAs(folder.resolve("uninterrupted/model/weight"));
  }

  /** A stage whose weights stop being finite at a step, which the step itself can't see. */
  private static final class Diverging extends FakeStage {
    private final int from;
    private int made;

    Diverging(int steps, int from) {
      super(steps);
      this.from = from;
    }

    @Override
    public Metrics step(int step, StopFlag stop) {
      made = step;
      return super.step(step, stop);
    }

    @Override
    public void requireFinite() {
      if (made >= from) {
        throw new NonFiniteException("the tensor wte.weight holds NaN");
      }
    }

    @Override
    public void loadCheckpoint(Path folder) throws IOException {
      super.loadCheckpoint(folder);
      made = STEPS;
    }
  }

  @Test
  void weightsThatAreNotFiniteBecomeNoCheckpointNoEvaluationAndNoModel() throws IOException {
    Path output = folder.resolve("run");
    assertThatThrownBy(() -> run(output, false, new Diverging(STEPS, STEPS)))
        .isInstanceOf(NonFiniteException.class)
        .hasMessage("step 12: the tensor wte.weight holds NaN");
    assertThat(output.resolve("model")).doesNotExist();
    assertThat(output.resolve("finished")).doesNotExist();
    assertThat(AtomicFiles.list(output.resolve("checkpoints")))
        .extracting(path -> path.getFileName().toString())
        .containsExactly("step-6", "step-9");
    assertThat(Files.readAllLines(output.resolve("metrics.jsonl"))).hasSize(11);
    run(output, true, new FakeStage(STEPS));
    assertThat(withoutClock(output)).isEqualTo(uninterrupted());
  }

  @Test
  void aCheckpointThatIsNotFiniteBecomesNoModel() throws IOException {
    Path output = folder.resolve("run");
    run(output, false, new FakeStage(STEPS));
    Files.delete(output.resolve("finished"));
    AtomicFiles.deleteFolder(output.resolve("model"));
    assertThatThrownBy(() -> run(output, true, new Diverging(STEPS, STEPS)))
        .hasMessage("step 12: the tensor wte.weight holds NaN");
    assertThat(output.resolve("model")).doesNotExist();
  }

  @Test
  void aStepThatIsNotFiniteLeavesItsBatch() {
    Path output = folder.resolve("run");
    FakeStage broken =
        new FakeStage(
            STEPS,
            step -> {
              if (step == 2) {
                throw new NonFiniteException("loss", Double.NaN);
              }
            });
    assertThatThrownBy(() -> run(output, false, broken))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageStartingWith("step 2: the loss is NaN; likely causes: ")
        .hasMessageEndingWith("; its batch is in " + output.resolve("failed-batch.jsonl"));
    assertThat(output.resolve("failed-batch.jsonl")).hasContent("{}\n");
  }
}
