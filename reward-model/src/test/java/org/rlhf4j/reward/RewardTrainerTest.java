package org.rlhf4j.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.data.token.TokenizedRow;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.testing.stages.PyTorchFixture;
import org.rlhf4j.training.optimizer.NonFiniteException;
import org.rlhf4j.training.optimizer.OptimizerSettings;
import org.rlhf4j.training.optimizer.Schedule;
import org.rlhf4j.training.run.Metrics;

class RewardTrainerTest {

  private static final int WHOLE = 10_000;

  @ParameterizedTest
  @CsvSource({"pairs,1", "pairs,10000", "centred,40", "ranking,1", "ranking,60", "ranking,10000"})
  void makesTheStepsOfPyTorch(String variant, int microBatchTokens) throws IOException {
    JsonNode expected = RewardFixture.expected(variant);
    JsonNode settings = expected.get("settings");
    JsonNode steps = expected.get("steps");
    try (ScalarModel model = RewardFixture.model();
        RewardTrainer trainer =
            new RewardTrainer(
                model,
                PyTorchFixture.optimizer(settings),
                settings.get("center-coefficient").doubleValue(),
                steps.size(),
                microBatchTokens)) {
      for (JsonNode step : steps) {
        requireScores(model, step);
        Metrics metrics = trainer.step(step.get("step").intValue(), RewardFixture.rows(step));
        for (String name : List.of("loss", "accuracy", "learning_rate", "grad_norm")) {
          double theirs = step.get(name).doubleValue();
          assertThat(metrics.get(name).orElseThrow())
              .as(name)
              .isCloseTo(theirs, within(1e-4 * Math.max(1, theirs)));
        }
      }
      PyTorchFixture.checkWeights(
          model.parameters(), RewardFixture.FOLDER.resolve(variant + "/final.safetensors"));
    }
  }

  private static void requireScores(ScalarModel model, JsonNode step) {
    List<TokenTree> trees = RewardFixture.rows(step).stream().map(TokenizedRow::tree).toList();
    List<float[]> scores = Scorer.score(model, trees, 50);
    for (int row = 0; row < trees.size(); row++) {
      for (int i = 0; i < scores.get(row).length; i++) {
        assertThat(scores.get(row)[i])
            .isCloseTo(step.get("scores").get(row).get(i).floatValue(), within(1e-4f));
      }
    }
  }

  private record Result(double loss, double gradNorm, List<Float> weights) {}

  private static Result result(List<TokenizedRow> rows, int microBatchTokens) {
    try (ScalarModel model = RewardFixture.model();
        RewardTrainer trainer =
            new RewardTrainer(model, PyTorchFixture.steady(), 0.01, 3, microBatchTokens)) {
      trainer.step(1, rows);
      trainer.step(2, rows);
      Metrics last = trainer.step(3, rows);
      return new Result(
          last.get("loss").orElseThrow(),
          last.get("grad_norm").orElseThrow(),
          RewardFixture.flat(model));
    }
  }

  private static void requireClose(Result actual, Result expected) {
    assertThat(actual.loss()).isCloseTo(expected.loss(), within(1e-5));
    assertThat(actual.gradNorm()).isCloseTo(expected.gradNorm(), within(1e-3));
    for (int i = 0; i < expected.weights().size(); i++) {
      assertThat(actual.weights().get(i)).isCloseTo(expected.weights().get(i), within(2e-5f));
    }
  }

  @Test
  void neitherMicroBatchesNorOrderChangeTheResult() throws IOException {
    List<TokenizedRow> rows = RewardFixture.firstRows("ranking");
    List<TokenizedRow> reversed = new ArrayList<>(rows);
    Collections.reverse(reversed);
    Result whole = result(rows, WHOLE);
    requireClose(result(rows, 1), whole);
    requireClose(result(rows, 60), whole);
    requireClose(result(reversed, WHOLE), whole);
    // Another batch does: the comparison can fail.
    assertThat(result(rows.subList(0, 2), WHOLE).loss()).isNotCloseTo(whole.loss(), within(1e-3));
  }

  @Test
  void aRowCountsOnceHoweverManyPairsItHas() throws IOException {
    List<TokenizedRow> rows = RewardFixture.firstRows("ranking");
    try (ScalarModel model = RewardFixture.model();
        RewardTrainer trainer = new RewardTrainer(model, PyTorchFixture.steady(), 0, 1, WHOLE)) {
      double rowMeans = 0;
      double pairSum = 0;
      int pairs = 0;
      for (TokenizedRow row : rows) {
        float[] scores = model.scores(PackedTokens.of(List.of(row.tree())));
        double rowSum = 0;
        int rowPairs = 0;
        for (int i = 0; i < scores.length; i++) {
          for (int j = i + 1; j < scores.length; j++) {
            rowSum += Math.log1p(Math.exp(scores[j] - scores[i] + row.margin()));
            rowPairs++;
          }
        }
        rowMeans += rowSum / rowPairs / rows.size();
        pairSum += rowSum;
        pairs += rowPairs;
      }
      double loss = trainer.step(1, rows).get("loss").orElseThrow();
      assertThat(loss).isCloseTo(rowMeans, within(1e-5));
      assertThat(loss).isNotCloseTo(pairSum / pairs, within(1e-3));
    }
  }

  @Test
  void aSharedPromptScoresAsSeparateRowsDo() throws IOException {
    List<TokenTree> shared =
        RewardFixture.firstRows("ranking").stream().map(TokenizedRow::tree).toList();
    try (ScalarModel model = RewardFixture.model()) {
      List<float[]> scores = Scorer.score(model, shared, WHOLE);
      for (int row = 0; row < shared.size(); row++) {
        TokenTree tree = shared.get(row);
        for (int i = 0; i < tree.completions().size(); i++) {
          TokenTree alone = TokenTree.of(tree.prompt(), tree.completions().get(i));
          assertThat(Scorer.score(model, List.of(alone), 1).get(0)[0])
              .isCloseTo(scores.get(row)[i], within(1e-5f));
        }
      }
    }
  }

  @Test
  void goesOnFromWhatItSavedBitForBit(@TempDir Path folder) throws IOException {
    List<TokenizedRow> rows = RewardFixture.firstRows("pairs");
    try (ScalarModel model = RewardFixture.model();
        ScalarModel other = RewardFixture.model();
        RewardTrainer trainer = new RewardTrainer(model, PyTorchFixture.steady(), 0, 3, 40);
        RewardTrainer resumed = new RewardTrainer(other, PyTorchFixture.steady(), 0, 3, 40)) {
      trainer.step(1, rows);
      trainer.step(2, rows);
      trainer.save(folder);
      resumed.load(folder);
      trainer.step(3, rows.subList(1, 4));
      resumed.step(3, rows.subList(1, 4));
      assertThat(RewardFixture.flat(other)).isEqualTo(RewardFixture.flat(model));
    }
  }

  @Test
  void aStoppedStepLeavesNoGradient() throws IOException {
    StoppedPairs.requireNoGradientLeft(
        model -> new RewardTrainer(model, PyTorchFixture.steady(), 0, 2, 40));
  }

  @Test
  void stepsLeaveNoArraysBehind() throws IOException {
    List<TokenizedRow> rows = RewardFixture.firstRows("ranking");
    try (ScalarModel model = RewardFixture.model();
        RewardTrainer trainer = new RewardTrainer(model, PyTorchFixture.steady(), 0.1, 3, 40)) {
      NDManager manager = model.parameters().manager();
      trainer.step(1, rows);
      int arrays = manager.getManagedArrays().size();
      int parents = manager.getParentManager().getManagedArrays().size();
      trainer.step(2, rows);
      trainer.step(3, rows);
      assertThat(manager.getManagedArrays()).hasSize(arrays);
      assertThat(manager.getParentManager().getManagedArrays()).hasSize(parents);
    }
  }

  @Test
  void stopsWhereTheLossIsNotFinite() throws IOException {
    OptimizerSettings wild =
        new OptimizerSettings(1e30, Schedule.CONSTANT, 0, 0, 0.9, 0.999, 1e-8, 0);
    List<TokenizedRow> rows = RewardFixture.firstRows("pairs");
    try (ScalarModel model = RewardFixture.model();
        RewardTrainer trainer = new RewardTrainer(model, wild, 0, 3, WHOLE)) {
      trainer.step(1, rows);
      assertThatThrownBy(() -> trainer.step(2, rows))
          .isInstanceOf(NonFiniteException.class)
          .hasMessageContaining("learning rate is too high");
    }
  }
}
