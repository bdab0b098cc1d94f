package org.rlhf4j.dpo;

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
import org.junit.jupiter.params.provider.EnumSource;
import org.rlhf4j.data.token.TokenizedRow;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.adapter.LoraConfig;
import org.rlhf4j.testing.stages.PyTorchFixture;
import org.rlhf4j.training.StopFlag;
import org.rlhf4j.training.StoppedException;
import org.rlhf4j.training.optimizer.NonFiniteException;
import org.rlhf4j.training.optimizer.OptimizerSettings;
import org.rlhf4j.training.optimizer.Schedule;
import org.rlhf4j.training.run.Metrics;

class DpoTrainerTest {

  private static final int WHOLE = 10_000;

  @ParameterizedTest
  @CsvSource({
    "sigmoid,1",
    "sigmoid,10000",
    "ipo,40",
    "hinge,10000",
    "conservative,10000",
    "robust,40",
    "reference-free,10000",
    "simpo,40",
    "orpo,1",
    "orpo,10000",
    "orpo-prompt,50",
    "orpo-prompt,10000",
    "ranking,60"
  })
  void makesTheStepsOfPyTorch(String variant, int microBatchTokens) throws IOException {
    JsonNode expected = DpoFixture.expected(variant);
    JsonNode settings = expected.get("settings");
    JsonNode steps = expected.get("steps");
    try (LanguageModel model = DpoFixture.policy();
        DpoTrainer trainer =
            new DpoTrainer(
                model,
                DpoFixture.settings(settings),
                PyTorchFixture.optimizer(settings),
                steps.size(),
                microBatchTokens)) {
      for (JsonNode step : steps) {
        requireRewards(model, DpoFixture.settings(settings), step);
        Metrics metrics =
            trainer.step(
                step.get("step").intValue(), DpoFixture.rows(step), refLogprobs(settings, step));
        for (String name :
            List.of("loss", "accuracy", "margin_mean", "learning_rate", "grad_norm")) {
          double theirs = step.get(name).doubleValue();
          assertThat(metrics.get(name).orElseThrow())
              .as(name)
              .isCloseTo(theirs, within(1e-4 * Math.max(1, Math.abs(theirs))));
        }
      }
      PyTorchFixture.checkWeights(
          model.parameters(), DpoFixture.FOLDER.resolve(variant + "/final.safetensors"));
    }
  }

  private static List<float[]> refLogprobs(JsonNode settings, JsonNode step) {
    return DpoFixture.settings(settings).hasReference()
        ? DpoFixture.refLogprobs(step)
        : ReferenceLogprobs.none(DpoFixture.rows(step));
  }

  private static void requireRewards(LanguageModel model, DpoSettings settings, JsonNode step) {
    List<float[]> refLogprobs =
        settings.hasReference()
            ? DpoFixture.refLogprobs(step)
            : ReferenceLogprobs.none(DpoFixture.rows(step));
    ImplicitRewards rewards =
        ImplicitRewards.of(model, settings, DpoFixture.rows(step), refLogprobs, 50);
    assertThat(rewards.loss()).isCloseTo(step.get("loss").doubleValue(), within(1e-4));
    for (int row = 0; row < refLogprobs.size(); row++) {
      assertThat(rewards.rewards().get(row))
          .containsExactly(DpoFixture.floats(step.get("rewards").get(row)), within(1e-4f));
    }
  }

  @Test
  void computesTheReferencesLogProbabilities() throws IOException {
    JsonNode step = DpoFixture.expected("ranking").get("steps").get(0);
    try (LanguageModel reference = LanguageModel.load(DpoFixture.REFERENCE)) {
      List<float[]> ours = ReferenceLogprobs.of(reference, DpoFixture.rows(step), 40);
      List<float[]> theirs = DpoFixture.refLogprobs(step);
      for (int row = 0; row < theirs.size(); row++) {
        assertThat(ours.get(row)).containsExactly(theirs.get(row), within(1e-4f));
      }
    }
  }

  private record Result(double loss, double gradNorm, List<Float> weights) {}

  private static Result result(DpoLoss loss, List<TokenizedRow> rows, int microBatchTokens) {
    try (LanguageModel model = DpoFixture.policy();
        DpoTrainer trainer =
            new DpoTrainer(
                model, DpoFixture.settings(loss), PyTorchFixture.steady(), 3, microBatchTokens)) {
      List<float[]> refLogprobs = ReferenceLogprobs.of(model, rows, 50);
      if (!loss.hasReference()) {
        refLogprobs = ReferenceLogprobs.none(rows);
      }
      trainer.step(1, rows, refLogprobs);
      trainer.step(2, rows, refLogprobs);
      Metrics last = trainer.step(3, rows, refLogprobs);
      return new Result(
          last.get("loss").orElseThrow(), last.get("grad_norm").orElseThrow(), flat(model));
    }
  }

  private static List<Float> flat(LanguageModel model) {
    List<Float> all = new ArrayList<>();
    for (float[] weights : PyTorchFixture.weights(model.parameters()).values()) {
      for (float weight : weights) {
        all.add(weight);
      }
    }
    return all;
  }

  private static void requireClose(Result actual, Result expected) {
    assertThat(actual.loss()).isCloseTo(expected.loss(), within(1e-4));
    assertThat(actual.gradNorm()).isCloseTo(expected.gradNorm(), within(1e-3));
    for (int i = 0; i < expected.weights().size(); i++) {
      assertThat(actual.weights().get(i)).isCloseTo(expected.weights().get(i), within(5e-5f));
    }
  }

  @ParameterizedTest
  @EnumSource
  void neitherMicroBatchesNorOrderChangeTheResult(DpoLoss loss) throws IOException {
    List<TokenizedRow> rows = DpoFixture.rows(DpoFixture.expected("ranking").get("steps").get(0));
    List<TokenizedRow> reversed = new ArrayList<>(rows);
    Collections.reverse(reversed);
    Result whole = result(loss, rows, WHOLE);
    requireClose(result(loss, rows, 1), whole);
    requireClose(result(loss, reversed, 60), whole);
    // Another batch does: the comparison can fail.
    Result other = result(loss, rows.subList(0, 2), WHOLE);
    assertThat(other.gradNorm()).isNotCloseTo(whole.gradNorm(), within(1e-2));
  }

  /** At first the policy is its own reference: every log-ratio is 0, whatever the rows. */
  @Test
  void beginsAtTheReference() throws IOException {
    List<TokenizedRow> rows = DpoFixture.rows(DpoFixture.expected("ranking").get("steps").get(0));
    try (LanguageModel model = DpoFixture.policy()) {
      List<float[]> refLogprobs = ReferenceLogprobs.of(model, rows, WHOLE);
      // −log σ(0) = log 2; (0 − 1/(2 · 0.1))² = 25; max(0, 1 − 0) = 1
      double[] losses = {Math.log(2), 25, 1};
      DpoLoss[] names = {DpoLoss.SIGMOID, DpoLoss.IPO, DpoLoss.HINGE};
      for (int i = 0; i < names.length; i++) {
        ImplicitRewards rewards =
            ImplicitRewards.of(model, DpoFixture.settings(names[i]), rows, refLogprobs, WHOLE);
        assertThat(rewards.loss()).isCloseTo(losses[i], within(1e-5));
      }
    }
  }

  /** A fresh adapter changes nothing, so the base is the reference; only the adapter moves. */
  @Test
  void anAdaptersBaseIsItsReference() throws IOException {
    List<TokenizedRow> rows = DpoFixture.rows(DpoFixture.expected("sigmoid").get("steps").get(0));
    DpoSettings settings = DpoFixture.settings(DpoLoss.SIGMOID);
    try (LanguageModel base = DpoFixture.policy();
        LanguageModel adapted =
            LanguageModel.load(DpoFixture.POLICY, new LoraConfig(4, 8, 0, false, List.of()), 5);
        DpoTrainer trainer = new DpoTrainer(adapted, settings, PyTorchFixture.steady(), 3, WHOLE)) {
      List<float[]> refLogprobs = ReferenceLogprobs.of(base, rows, WHOLE);
      Metrics first = trainer.step(1, rows, refLogprobs);
      assertThat(first.get("loss").orElseThrow()).isCloseTo(Math.log(2), within(1e-5));
      Metrics second = trainer.step(2, rows, refLogprobs);
      assertThat(second.get("loss").orElseThrow()).isLessThan(Math.log(2) - 1e-4);
      assertThat(ReferenceLogprobs.of(base, rows, WHOLE))
          .usingRecursiveComparison()
          .isEqualTo(refLogprobs);
    }
  }

  /** The first token of a completion without a prompt has no predictor and isn't compared. */
  @Test
  void aCompletionWithoutPromptHasAFirstTokenThatNothingPredicts() {
    TokenizedRow row =
        DpoFixture.row(new TokenTree(new int[0], List.of(new int[] {7, 9, 0}, new int[] {5})));
    ComparedTokens packed = ComparedTokens.pack(List.of(row), false, WHOLE).get(0);
    assertThat(packed.tokens().predicted()).isEqualTo(2);
    assertThat(packed.sums(new float[] {-3, -4})).containsExactly(-7, 0);
    assertThat(packed.lengths()).containsExactly(2, 1);
    assertThat(packed.likelyTokens()).isEqualTo(2);
  }

  /** Of prompt (2 tokens) and completions (2 and 3): with prompts 1 + 2 and 1 + 3 are predicted. */
  @Test
  void promptsAreLikelyButNotCompared() {
    TokenizedRow row =
        DpoFixture.row(
            new TokenTree(new int[] {4, 5}, List.of(new int[] {7, 0}, new int[] {5, 6, 0})));
    ComparedTokens packed = ComparedTokens.pack(List.of(row), true, WHOLE).get(0);
    float[] logprobs = {-1, -2, -4, -8, -16, -32, -64};
    assertThat(packed.sums(logprobs)).containsExactly(-6, -112);
    assertThat(packed.lengths()).containsExactly(2, 3);
    assertThat(packed.likelihood(logprobs)).isEqualTo(-7);
    assertThat(packed.likelyMask()).containsExactly(1, 1, 1, 0, 0, 0, 0);
    ComparedTokens without = ComparedTokens.pack(List.of(row), false, WHOLE).get(0);
    assertThat(without.sums(new float[] {-1, -2, -4, -8, -16})).containsExactly(-3, -28);
    assertThat(without.likelyTokens()).isEqualTo(2);
  }

  @Test
  void goesOnFromWhatItSavedBitForBit(@TempDir Path folder) throws IOException {
    JsonNode step = DpoFixture.expected("sigmoid").get("steps").get(0);
    List<TokenizedRow> rows = DpoFixture.rows(step);
    List<float[]> refLogprobs = DpoFixture.refLogprobs(step);
    DpoSettings settings = DpoFixture.settings(DpoLoss.SIGMOID);
    try (LanguageModel model = DpoFixture.policy();
        LanguageModel other = DpoFixture.policy();
        DpoTrainer trainer = new DpoTrainer(model, settings, PyTorchFixture.steady(), 3, 40);
        DpoTrainer resumed = new DpoTrainer(other, settings, PyTorchFixture.steady(), 3, 40)) {
      trainer.step(1, rows, refLogprobs);
      trainer.step(2, rows, refLogprobs);
      trainer.save(folder);
      resumed.load(folder);
      trainer.step(3, rows, refLogprobs);
      resumed.step(3, rows, refLogprobs);
      assertThat(flat(other)).isEqualTo(flat(model));
    }
  }

  /**
   * The step after a stopped one is the one that would have been made without it. The control keeps
   * the gradient of the micro-batch before the stop, and comes to other weights.
   */
  @Test
  void aStoppedStepLeavesNoGradient() throws IOException {
    StopFlag stop = new StopFlag();
    stop.raise();
    JsonNode step = DpoFixture.expected("sigmoid").get("steps").get(0);
    List<TokenizedRow> rows = DpoFixture.rows(step);
    List<float[]> ref = DpoFixture.refLogprobs(step);
    DpoSettings settings = DpoFixture.settings(DpoLoss.SIGMOID);
    try (LanguageModel undisturbed = DpoFixture.policy();
        LanguageModel stopped = DpoFixture.policy();
        LanguageModel kept = DpoFixture.policy();
        DpoTrainer whole = new DpoTrainer(undisturbed, settings, PyTorchFixture.steady(), 2, 40);
        DpoTrainer trainer = new DpoTrainer(stopped, settings, PyTorchFixture.steady(), 2, 40);
        DpoTrainer control = new DpoTrainer(kept, settings, PyTorchFixture.steady(), 2, 40)) {
      whole.step(1, rows, ref);
      assertThatThrownBy(() -> trainer.step(1, rows, ref, stop))
          .isInstanceOf(StoppedException.class);
      assertThat(flat(stopped)).isEqualTo(flat(kept));
      trainer.step(1, rows, ref);
      assertThat(flat(stopped)).isEqualTo(flat(undisturbed));
      assertThatThrownBy(
              () -> new PolicyPasses(kept, settings, 40).of(rows, ref, rows.size(), 1, stop))
          .isInstanceOf(StoppedException.class);
      control.step(1, rows, ref);
      assertThat(flat(kept)).isNotEqualTo(flat(undisturbed));
    }
  }

  @Test
  void stepsLeaveNoArraysBehind() throws IOException {
    JsonNode step = DpoFixture.expected("orpo").get("steps").get(0);
    List<TokenizedRow> rows = DpoFixture.rows(step);
    List<float[]> refLogprobs = ReferenceLogprobs.none(rows);
    DpoSettings settings = DpoFixture.settings(DpoLoss.ORPO);
    try (LanguageModel model = DpoFixture.policy();
        DpoTrainer trainer = new DpoTrainer(model, settings, PyTorchFixture.steady(), 3, 40)) {
      NDManager manager = model.parameters().manager();
      trainer.step(1, rows, refLogprobs);
      ImplicitRewards.of(model, settings, rows, refLogprobs, 40);
      int arrays = manager.getManagedArrays().size();
      int parents = manager.getParentManager().getManagedArrays().size();
      trainer.step(2, rows, refLogprobs);
      ImplicitRewards.of(model, settings, rows, refLogprobs, 40);
      assertThat(manager.getManagedArrays()).hasSize(arrays);
      assertThat(manager.getParentManager().getManagedArrays()).hasSize(parents);
    }
  }

  @Test
  void stopsWhereTheLossIsNotFinite() throws IOException {
    OptimizerSettings wild =
        new OptimizerSettings(1e30, Schedule.CONSTANT, 0, 0, 0.9, 0.999, 1e-8, 0);
    JsonNode step = DpoFixture.expected("sigmoid").get("steps").get(0);
    List<TokenizedRow> rows = DpoFixture.rows(step);
    List<float[]> refLogprobs = DpoFixture.refLogprobs(step);
    try (LanguageModel model = DpoFixture.policy();
        DpoTrainer trainer =
            new DpoTrainer(model, DpoFixture.settings(DpoLoss.SIGMOID), wild, 3, WHOLE)) {
      trainer.step(1, rows, refLogprobs);
      assertThatThrownBy(() -> trainer.step(2, rows, refLogprobs))
          .isInstanceOf(NonFiniteException.class)
          .hasMessageContaining("learning rate is too high");
    }
  }
}
