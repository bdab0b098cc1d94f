package org.rlhf4j.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import java.util.function.Function;
import org.rlhf4j.data.token.TokenizedRow;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.training.StopFlag;
import org.rlhf4j.training.StoppedException;

/** Steps on pairs that are stopped between two micro-batches. */
final class StoppedPairs {

  private StoppedPairs() {}

  /**
   * Makes sure that the step after a stopped one is the one that would have been made without it.
   * The control keeps the gradient of the micro-batch before the stop, and comes to other weights.
   *
   * @param trainerOf trains a model, with several micro-batches for the fixture's first rows
   */
  static void requireNoGradientLeft(Function<ScalarModel, PairTrainer> trainerOf)
      throws IOException {
    StopFlag stop = new StopFlag();
    stop.raise();
    List<TokenizedRow> rows = RewardFixture.firstRows("pairs");
    try (ScalarModel undisturbed = RewardFixture.model();
        ScalarModel stopped = RewardFixture.model();
        ScalarModel kept = RewardFixture.model();
        PairTrainer whole = trainerOf.apply(undisturbed);
        PairTrainer trainer = trainerOf.apply(stopped);
        PairTrainer control = trainerOf.apply(kept)) {
      whole.step(1, rows);
      assertThatThrownBy(() -> trainer.step(1, rows, stop)).isInstanceOf(StoppedException.class);
      assertThat(RewardFixture.flat(stopped)).isEqualTo(RewardFixture.flat(kept));
      trainer.step(1, rows);
      assertThat(RewardFixture.flat(stopped)).isEqualTo(RewardFixture.flat(undisturbed));
      assertThatThrownBy(() -> control.passes(rows, stop)).isInstanceOf(StoppedException.class);
      control.step(1, rows);
      assertThat(RewardFixture.flat(kept)).isNotEqualTo(RewardFixture.flat(undisturbed));
    }
  }
}
