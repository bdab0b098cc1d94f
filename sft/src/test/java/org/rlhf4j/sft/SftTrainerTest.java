package org.rlhf4j.sft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.data.batch.TrainedTokens;
import org.rlhf4j.data.token.TokenizedRow;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.weights.Safetensors;
import org.rlhf4j.model.weights.StridedTensor;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.testing.stages.PyTorchFixture;
import org.rlhf4j.training.StopFlag;
import org.rlhf4j.training.StoppedException;
import org.rlhf4j.training.optimizer.NonFiniteException;
import org.rlhf4j.training.optimizer.OptimizerSettings;
import org.rlhf4j.training.optimizer.Schedule;
import org.rlhf4j.training.run.Metrics;

class SftTrainerTest {

  private static final int WHOLE = 10_000;

  @ParameterizedTest
  @ValueSource(ints = {1, 24, WHOLE})
  void makesTheStepsOfPyTorch(int microBatchTokens) throws IOException {
    JsonNode steps = SftFixture.expected().get("steps");
    try (LanguageModel model = SftFixture.model();
        SftTrainer trainer =
            new SftTrainer(model, SftFixture.optimizer(), steps.size(), microBatchTokens)) {
      for (JsonNode step : steps) {
        Metrics metrics = trainer.step(step.get("step").intValue(), SftFixture.rows(step));
        for (String name : List.of("loss", "learning_rate", "grad_norm")) {
          assertThat(metrics.get(name).orElseThrow())
              .as(name)
              .isCloseTo(step.get(name).doubleValue(), within(1e-4));
        }
      }
      PyTorchFixture.checkWeights(model.parameters(), SftFixture.FINAL);
    }
  }

  @Test
  void lossIsTheMeanOverAllCompletionTokens() throws IOException {
    List<TokenizedRow> rows = SftFixture.firstRows();
    double sum = 0;
    int tokens = 0;
    double meanOfMeans = 0;
    try (LanguageModel model = SftFixture.model();
        SftTrainer trainer = new SftTrainer(model, PyTorchFixture.steady(), 1, WHOLE)) {
      for (TokenizedRow row : rows) {
        TokenTree tree = row.tree();
        float[] logprobs = model.logprobs(PackedTokens.of(List.of(tree)), 1).logprobs();
        assertThat(logprobs).hasSize(tree.completions().get(0).length);
        double rowSum = 0;
        for (float logprob : logprobs) {
          rowSum += logprob;
        }
        sum += rowSum;
        tokens += logprobs.length;
        meanOfMeans -= rowSum / logprobs.length / rows.size();
      }
      double loss = trainer.step(1, rows).get("loss").orElseThrow();
      assertThat(loss).isCloseTo(-sum / tokens, within(1e-6));
      // The rows differ in length, so the mean of their means is another number.
      assertThat(loss).isNotCloseTo(meanOfMeans, within(1e-3));
    }
  }

  @Test
  void neitherMicroBatchesNorOrderChangeTheResult() throws IOException {
    List<TokenizedRow> rows = SftFixture.firstRows();
    List<TokenizedRow> reversed = new ArrayList<>(rows);
    Collections.reverse(reversed);
    Result whole = result(rows, WHOLE);
    requireClose(result(rows, 1), whole);
    requireClose(result(rows, 24), whole);
    requireClose(result(reversed, WHOLE), whole);
    // Another batch does: the comparison can fail.
    assertThat(result(rows.subList(0, 2), WHOLE).loss()).isNotCloseTo(whole.loss(), within(1e-3));
  }

  /**
   * Rows that go through the network together don't see each other: log-probabilities and gradients
   * are those of each row alone. Joined to one text without the mask they aren't.
   */
  @Test
  void packedRowsAreKeptApart() throws IOException {
    List<TokenTree> rows = SftFixture.firstRows().stream().map(TokenizedRow::tree).toList();
    try (LanguageModel model = SftFixture.model()) {
      List<float[]> alone = rows.stream().map(row -> gradients(model, List.of(row))).toList();
      float[] sum = new float[alone.get(0).length];
      alone.forEach(
          gradients -> {
            for (int i = 0; i < sum.length; i++) {
              sum[i] += gradients[i];
            }
          });
      assertThat(gradients(model, rows)).containsExactly(sum, within(2e-4f));

      float[] last = logprobs(model, rows.get(rows.size() - 1));
      float[] packed = model.logprobs(PackedTokens.of(rows), 1).logprobs();
      assertThat(tail(packed, last.length)).containsExactly(last, within(1e-5f));
      float[] unmasked = tail(logprobs(model, joined(rows)), last.length);
      assertThat(distance(unmasked, last)).isGreaterThan(1e-2);
      assertThat(distance(gradients(model, List.of(joined(rows))), sum)).isGreaterThan(1e-2);
    }
  }

  /** The rows one after the other as a single one; what is trained on are still all completions. */
  private static TokenTree joined(List<TokenTree> rows) {
    int[] text = new int[0];
    for (TokenTree row : rows) {
      text = concat(concat(text, row.prompt()), row.completions().get(0));
    }
    return TokenTree.of(Arrays.copyOf(text, 1), Arrays.copyOfRange(text, 1, text.length));
  }

  private static float[] logprobs(LanguageModel model, TokenTree row) {
    return model.logprobs(PackedTokens.of(List.of(row)), 1).logprobs();
  }

  /** The gradient of the sum of all log-probabilities by all weights, from one pass. */
  private static float[] gradients(LanguageModel model, List<TokenTree> rows) {
    model.parameters().trainable(true);
    PackedTokens tokens = PackedTokens.of(rows);
    float[] ones = new float[tokens.predicted()];
    Arrays.fill(ones, 1);
    model.accumulate(tokens, 1, ones);
    try (NDManager scope = model.parameters().manager().newSubManager()) {
      List<float[]> parts =
          model.parameters().gradients(scope).stream().map(NDArray::toFloatArray).toList();
      model.parameters().zeroGradients();
      return joinedArrays(parts);
    }
  }

  private static float[] joinedArrays(List<float[]> parts) {
    float[] all = new float[parts.stream().mapToInt(part -> part.length).sum()];
    int at = 0;
    for (float[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }

  private static float[] tail(float[] values, int length) {
    return Arrays.copyOfRange(values, values.length - length, values.length);
  }

  private static double distance(float[] first, float[] second) {
    double most = 0;
    for (int i = 0; i < first.length; i++) {
      most = Math.max(most, Math.abs(first[i] - second[i]));
    }
    return most;
  }

  private record Result(double loss, double gradNorm, float[] weights) {}

  private static Result result(List<TokenizedRow> rows, int microBatchTokens) {
    try (LanguageModel model = SftFixture.model();
        SftTrainer trainer = new SftTrainer(model, PyTorchFixture.steady(), 3, microBatchTokens)) {
      trainer.step(1, rows);
      trainer.step(2, rows);
      Metrics last = trainer.step(3, rows);
      return new Result(
          last.get("loss").orElseThrow(), last.get("grad_norm").orElseThrow(), flat(model));
    }
  }

  private static void requireClose(Result actual, Result expected) {
    assertThat(actual.loss()).isCloseTo(expected.loss(), within(1e-5));
    assertThat(actual.gradNorm()).isCloseTo(expected.gradNorm(), within(1e-4));
    assertThat(actual.weights()).containsExactly(expected.weights(), within(2e-5f));
  }

  private static float[] flat(LanguageModel model) {
    List<Float> all = new ArrayList<>();
    PyTorchFixture.weights(model.parameters())
        .values()
        .forEach(
            weights -> {
              for (float weight : weights) {
                all.add(weight);
              }
            });
    float[] flat = new float[all.size()];
    for (int i = 0; i < flat.length; i++) {
      flat[i] = all.get(i);
    }
    return flat;
  }

  @Test
  void trainsOnThePromptWhereItIsPartOfTheCompletion() throws IOException {
    List<TokenizedRow> rows = SftFixture.firstRows();
    List<TokenizedRow> texts =
        rows.stream()
            .map(TokenizedRow::tree)
            .map(row -> concat(row.prompt(), row.completions().get(0)))
            .map(ids -> SftFixture.row(new int[0], ids))
            .toList();
    int all = texts.stream().mapToInt(row -> row.tree().length()).sum();
    assertThat(TrainedTokens.pack(texts, WHOLE).get(0).trained()).isEqualTo(all - texts.size());
    assertThat(result(texts, WHOLE).loss()).isNotCloseTo(result(rows, WHOLE).loss(), within(1e-3));
  }

  @Test
  void tokensOutsideTheMaskAreOnlyRead() throws IOException {
    List<TokenizedRow> rows = SftFixture.firstRows();
    // A dialogue whose last turn alone is trained on is a prompt with that turn.
    List<TokenizedRow> masked = new ArrayList<>();
    for (TokenizedRow row : rows) {
      int[] prompt = row.tree().prompt();
      int[] completion = row.tree().completions().get(0);
      boolean[] mask = new boolean[prompt.length - 1 + completion.length];
      Arrays.fill(mask, prompt.length - 1, mask.length, true);
      TokenTree tree =
          TokenTree.of(
              Arrays.copyOf(prompt, 1),
              concat(Arrays.copyOfRange(prompt, 1, prompt.length), completion));
      masked.add(new TokenizedRow(tree, mask, row.row(), 0, 0));
    }
    requireClose(result(masked, WHOLE), result(rows, WHOLE));
    requireClose(result(masked, 24), result(rows, WHOLE));
    List<TokenizedRow> unmasked =
        masked.stream().map(row -> new TokenizedRow(row.tree(), row.row(), 0, 0)).toList();
    assertThat(result(unmasked, WHOLE).loss())
        .isNotCloseTo(result(rows, WHOLE).loss(), within(1e-3));
  }

  private static int[] concat(int[] first, int[] second) {
    int[] all = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, all, first.length, second.length);
    return all;
  }

  @Test
  void goesOnFromWhatItSavedBitForBit(@TempDir Path folder) throws IOException {
    List<TokenizedRow> rows = SftFixture.firstRows();
    try (LanguageModel model = SftFixture.model();
        LanguageModel other = SftFixture.model();
        SftTrainer trainer = new SftTrainer(model, PyTorchFixture.steady(), 4, 24);
        SftTrainer resumed = new SftTrainer(other, PyTorchFixture.steady(), 4, 24)) {
      trainer.step(1, rows);
      trainer.step(2, rows);
      trainer.save(folder);
      resumed.load(folder);
      trainer.step(3, rows.subList(1, 4));
      resumed.step(3, rows.subList(1, 4));
      assertThat(flat(other)).containsExactly(flat(model));
      // Without the optimizer's state it would go elsewhere.
      trainer.step(4, rows);
      assertThat(flat(other)).isNotEqualTo(flat(model));
    }
  }

  @Test
  void refusesTheCheckpointOfAnotherModel(@TempDir Path folder) throws IOException {
    try (LanguageModel model = SftFixture.model();
        SftTrainer trainer = new SftTrainer(model, PyTorchFixture.steady(), 1, WHOLE)) {
      trainer.save(folder);
      Path weights = folder.resolve("model.safetensors");
      Safetensors.write(
          weights,
          Map.of("norm.weight", StridedTensor.contiguous(List.of(1L), ByteBuffer.allocate(4))));
      assertThatThrownBy(() -> trainer.load(folder))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("of another model");
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
    List<TokenizedRow> rows = SftFixture.firstRows();
    try (LanguageModel undisturbed = SftFixture.model();
        LanguageModel stopped = SftFixture.model();
        LanguageModel kept = SftFixture.model();
        SftTrainer whole = new SftTrainer(undisturbed, PyTorchFixture.steady(), 2, 24);
        SftTrainer trainer = new SftTrainer(stopped, PyTorchFixture.steady(), 2, 24);
        SftTrainer control = new SftTrainer(kept, PyTorchFixture.steady(), 2, 24)) {
      whole.step(1, rows);
      assertThatThrownBy(() -> trainer.step(1, rows, stop)).isInstanceOf(StoppedException.class);
      assertThat(flat(stopped)).containsExactly(flat(kept));
      trainer.step(1, rows);
      assertThat(flat(stopped)).containsExactly(flat(undisturbed));
      int trained = trained(rows);
      assertThatThrownBy(() -> new ModelPasses(kept, 24).of(rows, trained, stop))
          .isInstanceOf(StoppedException.class);
      control.step(1, rows);
      assertThat(flat(kept)).isNotEqualTo(flat(undisturbed));
    }
  }

  private static int trained(List<TokenizedRow> rows) {
    return TrainedTokens.pack(rows, 24).stream().mapToInt(TrainedTokens::trained).sum();
  }

  @Test
  void stepsLeaveNoArraysBehind() throws IOException {
    List<TokenizedRow> rows = SftFixture.firstRows();
    try (LanguageModel model = SftFixture.model();
        SftTrainer trainer = new SftTrainer(model, PyTorchFixture.steady(), 3, 24)) {
      NDManager manager = model.parameters().manager();
      trainer.step(1, rows);
      int arrays = manager.getManagedArrays().size();
      trainer.step(2, rows);
      trainer.step(3, rows);
      assertThat(manager.getManagedArrays()).hasSize(arrays);
    }
  }

  @Test
  void stopsWhereTheLossIsNotFinite() throws IOException {
    OptimizerSettings wild =
        new OptimizerSettings(1e30, Schedule.CONSTANT, 0, 0, 0.9, 0.999, 1e-8, 0);
    try (LanguageModel model = SftFixture.model();
        SftTrainer trainer = new SftTrainer(model, wild, 3, WHOLE)) {
      List<TokenizedRow> rows = SftFixture.firstRows();
      assertThatThrownBy(
              () -> {
                trainer.step(1, rows);
                trainer.step(2, rows);
              })
          .isInstanceOf(NonFiniteException.class)
          .hasMessageContaining("learning rate is too high");
    }
  }
}
