package org.rlhf4j.testing.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.rlhf4j.model.weights.Safetensors;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;

/** Runs over rows whose gradients other processes compute, for each stage that learns from rows. */
public abstract class RowSliceContract extends RowRuns {

  /**
   * Runs of a stage.
   *
   * @param stage what learns from rows
   */
  protected RowSliceContract(RowStage stage) {
    super(stage);
  }

  /** Whatever the number of workers, also where results are lost, and after a kill. */
  @Test
  void theBitsAreTheSameWhereverTheyAreComputed() throws IOException {
    requireSameBits();
  }

  /**
   * Makes sure that runs of some options give the same bits.
   *
   * @param options and values in turns
   */
  protected final void requireSameBits(String... options) throws IOException {
    Path one = run("one", with(options, "spark", "here[1]", "steps", "4"));
    Path three = run("three", with(options, "spark", "here[3]", "steps", "4"));
    requireSame(one, three);
    RunFiles.killAfter(2, three);
    run("three", with(options, "spark", "here[2]", "steps", "4", "resume", "true"));
    requireSame(one, three);
    Path other = run("other", with(options, "spark", "here[1]", "steps", "3"));
    assertThat(Files.mismatch(weights(one), weights(other))).isNotEqualTo(-1);
  }

  private static void requireSame(Path one, Path other) throws IOException {
    assertThat(RunFiles.withoutClock(other)).isEqualTo(RunFiles.withoutClock(one));
    assertThat(Files.mismatch(weights(one), weights(other))).isEqualTo(-1);
  }

  @Test
  void aStepIsThatOfOneProcess() throws IOException {
    requireStepOfOneProcess();
  }

  /** The sums are taken in another order, which floats feel in their last digits. */
  protected final void requireStepOfOneProcess(String... options) throws IOException {
    String[] step = with(options, "steps", "1", "adam-epsilon", "1", "max-grad-norm", "0");
    Path here = run("here", step);
    Path sliced = run("sliced", with(step, "spark", "here[2]"));
    for (String metric : List.of("loss", "grad_norm")) {
      double expected = metric(here, metric);
      assertThat(metric(sliced, metric)).isCloseTo(expected, within(1e-5 * Math.abs(expected)));
    }
    Safetensors expected = Safetensors.open(weights(here));
    Safetensors given = Safetensors.open(weights(sliced));
    for (String name : expected.entries().keySet()) {
      float[] numbers = expected.values(name);
      float[] others = given.values(name);
      for (int i = 0; i < numbers.length; i++) {
        assertThat(others[i]).isCloseTo(numbers[i], within(1e-7f));
      }
    }
  }

  private static double metric(Path run, String name) throws IOException {
    return RunFiles.lines(run.resolve("metrics.jsonl")).get(0).get(name).doubleValue();
  }

  private static Path weights(Path run) {
    return run.resolve("model/model.safetensors");
  }

  @Test
  void aLossThatIsNotFiniteLeavesItsBatch() {
    assertThatThrownBy(
            () ->
                run(
                    "run",
                    "spark",
                    "here[1]",
                    "learning-rate",
                    "1e30",
                    "max-grad-norm",
                    "0",
                    "steps",
                    "3"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("failed-batch.jsonl");
    assertThat(folder("run").resolve("failed-batch.jsonl")).exists();
  }

  @Test
  void dropoutIsRefused() {
    assertThatThrownBy(
            () -> run("run", "spark", "here[1]", "lora-rank", "2", "lora-dropout", "0.1"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("lora-dropout must be 0 with --spark");
  }
}
