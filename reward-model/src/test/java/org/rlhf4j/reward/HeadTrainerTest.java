package org.rlhf4j.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.data.token.TokenizedRow;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.testing.stages.PyTorchFixture;
import org.rlhf4j.training.optimizer.OptimizerSettings;
import org.rlhf4j.training.optimizer.Schedule;
import org.rlhf4j.training.run.Metrics;

class HeadTrainerTest {

  private static final int WHOLE = 10_000;
  private static final String HEAD = "score.weight";

  /** Without clipping, which looks at the gradients of all weights that are trained. */
  private static final OptimizerSettings UNCLIPPED =
      new OptimizerSettings(1e-2, Schedule.CONSTANT, 0, 0, 0.9, 0.999, 1e-5, 0);

  @Test
  void theHeadMovesAsInTheWholeModelAndNothingElseDoes() throws IOException {
    List<TokenizedRow> rows = RewardFixture.firstRows("pairs");
    try (ScalarModel whole = RewardFixture.model();
        ScalarModel headOnly = RewardFixture.model();
        RewardTrainer all = new RewardTrainer(whole, UNCLIPPED, 0.1, 1, WHOLE);
        HeadTrainer head = new HeadTrainer(headOnly, UNCLIPPED, 0.1, 1, WHOLE)) {
      Map<String, float[]> before = PyTorchFixture.weights(headOnly.parameters());
      Metrics expected = all.step(1, rows);
      Metrics metrics = head.step(1, rows);
      for (String name : List.of("loss", "accuracy", "margin_mean")) {
        assertThat(metrics.get(name).orElseThrow())
            .isCloseTo(expected.get(name).orElseThrow(), within(1e-5));
      }
      Map<String, float[]> after = PyTorchFixture.weights(headOnly.parameters());
      Map<String, float[]> afterAll = PyTorchFixture.weights(whole.parameters());
      assertThat(after.get(HEAD)).containsExactly(afterAll.get(HEAD), within(1e-4f));
      assertThat(after.get(HEAD)).isNotEqualTo(before.get(HEAD));
      after.remove(HEAD);
      after.forEach((name, weights) -> assertThat(weights).isEqualTo(before.get(name)));
      assertThat(afterAll.get("norm.weight")).isNotEqualTo(before.get("norm.weight"));
    }
  }

  /** ∂L/∂w is the mean over pairs of −σ(−(r_w − r_l)) (h_w − h_l), in a plain loop. */
  @Test
  void theGradientIsThatOfAPlainLoop() throws IOException {
    List<TokenizedRow> rows = RewardFixture.firstRows("pairs");
    List<TokenTree> trees = rows.stream().map(TokenizedRow::tree).toList();
    try (ScalarModel model = RewardFixture.model();
        HeadTrainer trainer = new HeadTrainer(model, UNCLIPPED, 0, 1, 30)) {
      float[] states = model.lastStates(PackedTokens.of(trees));
      float[] weights = model.parameters().tensors().get(HEAD).values();
      double[] gradient = new double[weights.length];
      for (int row = 0; row < rows.size(); row++) {
        double difference = -rows.get(row).margin();
        for (int c = 0; c < weights.length; c++) {
          difference +=
              weights[c]
                  * (state(states, 2 * row, c, weights.length)
                      - state(states, 2 * row + 1, c, weights.length));
        }
        double slope = -1 / (1 + Math.exp(difference)) / rows.size();
        for (int c = 0; c < weights.length; c++) {
          gradient[c] +=
              slope
                  * (state(states, 2 * row, c, weights.length)
                      - state(states, 2 * row + 1, c, weights.length));
        }
      }
      double norm = 0;
      for (double one : gradient) {
        norm += one * one;
      }
      assertThat(trainer.step(1, rows).get("grad_norm").orElseThrow())
          .isCloseTo(Math.sqrt(norm), within(1e-5));
    }
  }

  private static double state(float[] states, int completion, int c, int width) {
    return states[completion * width + c];
  }

  @Test
  void scoresFollowTheHead() throws IOException {
    List<TokenizedRow> rows = RewardFixture.firstRows("pairs");
    try (ScalarModel model = RewardFixture.model();
        HeadTrainer trainer = new HeadTrainer(model, PyTorchFixture.steady(), 0, 60, 30)) {
      double first = trainer.step(1, rows).get("loss").orElseThrow();
      double last = first;
      for (int step = 2; step <= 60; step++) {
        last = trainer.step(step, rows).get("loss").orElseThrow();
      }
      assertThat(last).isLessThan(first);
      List<TokenTree> trees = rows.stream().map(TokenizedRow::tree).toList();
      List<float[]> scores = Scorer.score(model, trees, WHOLE);
      double loss = 0;
      for (int row = 0; row < rows.size(); row++) {
        double difference = scores.get(row)[0] - scores.get(row)[1] - rows.get(row).margin();
        loss += Math.log1p(Math.exp(-difference)) / rows.size();
      }
      assertThat(trainer.step(61, rows).get("loss").orElseThrow()).isCloseTo(loss, within(1e-5));
    }
  }

  @Test
  void goesOnFromWhatItSavedBitForBit(@TempDir Path folder) throws IOException {
    List<TokenizedRow> rows = RewardFixture.firstRows("ranking");
    try (ScalarModel model = RewardFixture.model();
        ScalarModel other = RewardFixture.model();
        HeadTrainer trainer = new HeadTrainer(model, PyTorchFixture.steady(), 0, 4, 60);
        HeadTrainer resumed = new HeadTrainer(other, PyTorchFixture.steady(), 0, 4, 60)) {
      trainer.step(1, rows);
      trainer.step(2, rows);
      trainer.save(folder);
      resumed.load(folder);
      trainer.step(3, rows);
      resumed.step(3, rows);
      assertThat(head(other)).isEqualTo(head(model));
    }
  }

  @Test
  void aStoppedStepLeavesNoGradient() throws IOException {
    StoppedPairs.requireNoGradientLeft(
        model -> new HeadTrainer(model, PyTorchFixture.steady(), 0, 2, 24));
  }

  private static float[] head(ScalarModel model) {
    return PyTorchFixture.weights(model.parameters()).get(HEAD);
  }

  @Test
  void stepsLeaveNoArraysBehind() throws IOException {
    List<TokenizedRow> rows = RewardFixture.firstRows("pairs");
    try (ScalarModel model = RewardFixture.model();
        HeadTrainer trainer = new HeadTrainer(model, PyTorchFixture.steady(), 0, 3, 24)) {
      NDManager manager = model.parameters().manager();
      trainer.step(1, rows);
      int arrays = manager.getManagedArrays().size();
      trainer.step(2, rows);
      trainer.step(3, rows);
      assertThat(manager.getManagedArrays()).hasSize(arrays);
    }
  }
}
