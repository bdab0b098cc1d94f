package org.rlhf4j.testing.stages;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** How each stage that learns from rows is stopped in a step, between two micro-batches. */
public abstract class RowStopContract extends RowRuns {
  private static final int STEPS = 4;

  /** Of its micro-batches each has one row. */
  private static final String[] OPTIONS = {"steps", "4", "micro-batch-tokens", "1"};

  /**
   * Runs of a stage.
   *
   * @param stage what learns from rows
   */
  protected RowStopContract(RowStage stage) {
    super(stage);
  }

  @Test
  void aStepThatIsStoppedLeavesNothing() throws IOException {
    requireNothingLeft();
  }

  /** What dropout draws belongs to the step's number. */
  @Test
  void anAdapterWithDropoutIsStoppedInAStepToo() throws IOException {
    requireNothingLeft("lora-rank", "2", "lora-dropout", "0.2");
  }

  /**
   * Makes sure that runs of some options that are stopped in a step keep what an undisturbed one
   * had after the step before, and go on to what it comes to.
   *
   * @param options and values in turns
   */
  protected final void requireNothingLeft(String... options) throws IOException {
    String[] all = with(OPTIONS, options);
    Path whole = run("whole", all);
    for (int step : new int[] {1, 3, STEPS}) {
      String name = "stopped-in-" + step;
      String[] rare = with(all, "checkpoint-every", "9"); // due at the last step alone
      Path stopped = runUntil(step, name, rare);
      StoppedInAStep.requireStepsBefore(step, stopped, whole);
      run(name, with(rare, "resume", "true"));
      assertThat(RunFiles.withoutClock(stopped)).isEqualTo(RunFiles.withoutClock(whole));
      StoppedInAStep.requireCheckpointOf(STEPS, stopped, whole);
    }
  }
}
