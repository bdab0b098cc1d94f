package org.rlhf4j.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.display.Display;
import org.rlhf4j.training.run.AtomicFiles;
import org.rlhf4j.training.run.Metrics;
import org.rlhf4j.training.run.RunDirectory;

/**
 * Evaluations apart from checkpoints, early stopping and the best step. The fake stage's weight and
 * held-out loss, its square, are at the steps
 *
 * <pre>
 *    2  2.4766, 6.13     4  1.3763, 1.89     6  −0.0277, 0.0008
 *    8  1.5582, 2.43    10  1.0891, 1.19    12  −0.5544, 0.31
 * </pre>
 */
class BestStepTest {

  private static final int STEPS = StoppableRun.STEPS;
  private static final double BEST = -0.0276696;

  private final ByteArrayOutputStream shown = new ByteArrayOutputStream();
  private final List<Integer> evaluated = new ArrayList<>();

  @TempDir private Path folder;

  /** A step that isn't survived; 0: all are. */
  private static IntConsumer failingAt(int failing) {
    return step -> {
      if (step == failing) {
        throw new IllegalStateException("killed");
      }
    };
  }

  private Path run(String name, boolean resume, EvaluationSettings evaluation, int failing)
      throws IOException {
    FakeStage stage =
        new FakeStage(STEPS, failingAt(failing)) {
          @Override
          public Metrics evaluate(int step) {
            evaluated.add(step);
            return super.evaluate(step);
          }
        };
    return run(name, resume, evaluation, stage);
  }

  private Path run(String name, boolean resume, EvaluationSettings evaluation, Stage stage)
      throws IOException {
    Path output = folder.resolve(name);
    Display display =
        new Display(new PrintStream(shown, true, StandardCharsets.UTF_8), false, 80, () -> 0L);
    try (RunDirectory run = RunDirectory.open(output, resume)) {
      new TrainingLoop(run, StoppableRun.SETTINGS, evaluation, stage, display).run();
    }
    return output;
  }

  private Path run(String name, EvaluationSettings evaluation) throws IOException {
    return run(name, false, evaluation, 0);
  }

  private static double weight(Path output) throws IOException {
    return Double.parseDouble(Files.readString(output.resolve("model/weight")));
  }

  private static List<String> checkpoints(Path output) throws IOException {
    return AtomicFiles.list(output.resolve("checkpoints")).stream()
        .map(path -> path.getFileName().toString())
        .toList();
  }

  private String shown() {
    return shown.toString(StandardCharsets.UTF_8);
  }

  @Test
  void evaluationsHaveStepsOfTheirOwn() throws IOException {
    Path output = run("run", new EvaluationSettings(5, false, null));
    assertThat(evaluated).containsExactly(5, 10, 12);
    assertThat(Files.readAllLines(output.resolve("samples.jsonl")))
        .extracting(line -> line.replaceAll(",\"prompt.*", ""))
        .containsExactly("{\"step\":0", "{\"step\":5", "{\"step\":10", "{\"step\":12");
    assertThat(checkpoints(output)).containsExactly("step-12", "step-9");
  }

  @Test
  void theModelIsThatOfTheLeastHeldOutLoss() throws IOException {
    Path last = run("last", new EvaluationSettings(2, false, null));
    Path best = run("best", new EvaluationSettings(2, true, null));
    assertThat(weight(last)).isCloseTo(-0.5544296, within(1e-6));
    assertThat(weight(best)).isCloseTo(BEST, within(1e-6));
    // Its checkpoint outlives the two newest, and it is evaluated again at the end.
    assertThat(checkpoints(best)).containsExactly("step-12", "step-6", "step-9");
    assertThat(evaluated).endsWith(2, 4, 6, 8, 10, 12, 6);
    assertThat(shown()).contains("fake: the model is that of step 6 of 12, held-out loss 0.0008");
    assertThat(Files.readAllLines(best.resolve("metrics.jsonl"))).hasSize(STEPS);
  }

  @Test
  void stopsWhereTheHeldOutLossNoLongerFalls() throws IOException {
    Path output = run("run", new EvaluationSettings(2, false, 2));
    assertThat(evaluated).containsExactly(2, 4, 6, 8, 10);
    assertThat(weight(output)).isCloseTo(1.0890549, within(1e-6));
    assertThat(output.resolve("finished")).hasContent("10\n");
    assertThat(shown())
        .contains("fake: stopped after step 10: no less held-out loss in 2 evaluations");
  }

  @Test
  void patienceThatIsNotUsedUpStopsNothing() throws IOException {
    Path output = run("run", new EvaluationSettings(2, false, 4));
    assertThat(output.resolve("finished")).hasContent("12\n");
    assertThat(shown()).doesNotContain("stopped after");
  }

  @Test
  void aStoppedRunGoesOnToTheSameBestStep() throws IOException {
    EvaluationSettings settings = new EvaluationSettings(2, true, 2);
    Path whole = run("whole", settings);
    for (int failing : new int[] {5, 8, 10}) {
      String name = "killed-" + failing;
      assertThatThrownBy(() -> run(name, false, settings, failing)).hasMessage("killed");
      Path resumed = run(name, true, settings, 0);
      for (String file : List.of("metrics.jsonl", "samples.jsonl", "finished", "model/weight")) {
        assertThat(resumed.resolve(file)).as(file).hasSameTextualContentAs(whole.resolve(file));
      }
    }
    assertThat(weight(whole)).isCloseTo(BEST, within(1e-6));
  }

  @Test
  void aRunThatStoppedEarlyMakesNoFurtherStep() throws IOException {
    EvaluationSettings settings = new EvaluationSettings(3, true, 1);
    // 3: 5.62, 6: 0.0008, 9: 3.29
    Path output = run("run", settings);
    assertThat(output.resolve("finished")).hasContent("9\n");
    Files.delete(output.resolve("finished"));
    AtomicFiles.deleteFolder(output.resolve("model"));
    run("run", true, settings, 10);
    assertThat(output.resolve("finished")).hasContent("9\n");
    assertThat(weight(output)).isCloseTo(BEST, within(1e-6));
  }

  @Test
  void aBestCheckpointThatIsGoneIsNamed() throws IOException {
    EvaluationSettings settings = new EvaluationSettings(2, true, null);
    assertThatThrownBy(() -> run("run", false, settings, 12)).hasMessage("killed");
    AtomicFiles.deleteFolder(folder.resolve("run/checkpoints/step-6"));
    assertThatThrownBy(() -> run("run", true, settings, 0))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("the checkpoint of step 6, which is the best, is gone");
  }

  /** The largest weight whose square is within a bound: a reward with its KL, say. */
  private static final class BoundedStage extends FakeStage {
    private final double bound;

    BoundedStage(double bound) {
      super(STEPS);
      this.bound = bound;
    }

    @Override
    public Metrics evaluate(int step) {
      double square = super.evaluate(step).get("eval_loss").orElseThrow();
      return new Metrics().put("eval_reward", WEIGHTS[step / 2 - 1]).put("eval_kl", square);
    }

    @Override
    public HeldOutGoal goal() {
      return new HeldOutGoal("eval_reward", "held-out reward", true, "eval_kl", bound);
    }
  }

  private static final double[] WEIGHTS = {2.4766, 1.3763, -0.0277, 1.5582, 1.0891, -0.5544};

  /** The squares are 6.13, 1.89, 0.0008, 2.43, 1.19, 0.31. */
  @ParameterizedTest
  @CsvSource({"7, 2, 2.4766", "3, 8, 1.5582", "2, 4, 1.3763", "0.1, 6, -0.0277"})
  void theBestOneIsTheLargestWithinABound(double bound, int step, double weight)
      throws IOException {
    Path output = run("run", false, new EvaluationSettings(2, true, null), new BoundedStage(bound));
    assertThat(weight(output)).isCloseTo(weight, within(1e-4));
    assertThat(shown())
        .contains(
            String.format(
                Locale.ROOT,
                "fake: the model is that of step %d of 12, held-out reward %.4f",
                step,
                weight));
  }

  @Test
  void whereNoneIsWithinTheBoundTheLastStepIsTaken() throws IOException {
    Path output = run("run", false, new EvaluationSettings(2, true, null), new BoundedStage(1e-4));
    assertThat(weight(output)).isCloseTo(-0.5544, within(1e-4));
    assertThat(shown())
        .contains(
            "fake: no evaluation had eval_kl of at most 0.0001000, so the model is that of the last"
                + " step, 12");
  }

  /** Of 6.13, 1.89, 0.0008, 2.43 the second and the third are within 2, and the second is best. */
  @Test
  void anEvaluationOutOfBoundsIsNoBetterOne() throws IOException {
    Path output = run("run", false, new EvaluationSettings(2, false, 2), new BoundedStage(2));
    assertThat(output.resolve("finished")).hasContent("8\n");
    assertThat(shown())
        .contains("fake: stopped after step 8: no larger held-out reward in 2 evaluations");
  }

  /** Ends where its weight falls below 0, which it does at step 6. */
  private FakeStage stopping(int failing) {
    return new FakeStage(STEPS, failingAt(failing)) {
      @Override
      public Metrics evaluate(int step) {
        evaluated.add(step);
        return super.evaluate(step);
      }

      @Override
      public Optional<String> reasonToStop(Metrics metrics) {
        return metrics.get("loss").orElse(0) < 0 ? Optional.of("below 0") : Optional.empty();
      }
    };
  }

  @Test
  void aStageMayEndItsRun() throws IOException {
    EvaluationSettings settings = new EvaluationSettings(5, false, null);
    Path output = run("run", false, settings, stopping(0));
    assertThat(output.resolve("finished")).hasContent("6\n");
    assertThat(evaluated).containsExactly(5, 6);
    assertThat(checkpoints(output)).containsExactly("step-3", "step-6");
    assertThat(weight(output)).isCloseTo(BEST, within(1e-6));
    assertThat(shown()).contains("fake: stopped after step 6: below 0");
    // Killed before the mark was written: it ends where it ended.
    Files.delete(output.resolve("finished"));
    run("run", true, settings, stopping(7));
    assertThat(output.resolve("finished")).hasContent("6\n");
  }

  @Test
  void withNothingHeldOutThereIsNoBestStep() {
    assertThatThrownBy(() -> new EvaluationSettings(null, true, null).require(0))
        .isInstanceOf(UsageException.class)
        .hasMessageStartingWith("--keep-best needs held-out rows");
    assertThatThrownBy(() -> new EvaluationSettings(null, false, 3).require(0))
        .isInstanceOf(UsageException.class)
        .hasMessageStartingWith("--patience needs held-out rows");
    new EvaluationSettings(null, true, 3).require(1);
    EvaluationSettings.AT_CHECKPOINTS.require(0);
  }
}
