package org.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.rlhf4j.model.adapter.LoraConfig;
import org.rlhf4j.model.family.Dimensions;
import org.rlhf4j.model.torch.Torch;

/**
 * Layers computed once more on the way back give the gradients of layers that were kept: the same
 * kernels on the same numbers, so every comparison is bit for bit.
 */
class GradientCheckpointingTest {
  private static final LoraConfig DROPPING =
      new LoraConfig(2, 4, 0.3, false, List.of("all-linear"));

  private final RandomTokens random = new RandomTokens(17);

  /** A prompt with two completions, one with a single one, one that is empty. */
  private final PackedTokens tokens =
      PackedTokens.of(List.of(random.tree(11, 6, 9), random.tree(4, 8), random.tree(0, 7)));

  private final float[] weights = random.weights(tokens.predicted());

  @EveryFamily
  void gradientsOfAllWeightsAreTheSame(String name) throws IOException {
    try (LanguageModel model = LanguageModel.load(Fixture.of(name).folder())) {
      float[] known = known(model);
      float[] byLoss = byLoss(model);
      assertThat(known).isNotEqualTo(byLoss);

      model.checkpointGradients(true);
      assertThat(known(model)).containsExactly(known);
      assertThat(byLoss(model)).containsExactly(byLoss);
    }
  }

  /** The second time a layer is computed its adapters draw the same inputs to drop. */
  @EveryFamily
  void soAreThoseOfAdaptersWithDropout(String name) throws IOException {
    try (LanguageModel model = LanguageModel.load(Fixture.of(name).folder(), DROPPING, 1)) {
      model.parameters().setValues(random.weights((int) model.parameters().count()));
      model.drawDropout(5, 1);
      float[] known = known(model);

      model.checkpointGradients(true);
      assertThat(known(model)).containsExactly(known);
      model.drawDropout(5, 2);
      assertThat(known(model)).isNotEqualTo(known);
    }
  }

  @Test
  void soAreThoseOfScoresAndValues() throws IOException {
    for (String name : List.of("gpt2-reward", "llama-reward")) {
      try (ScalarModel model = ScalarModel.load(Fixture.of(name).folder())) {
        float[] kept = ofScores(model);
        model.checkpointGradients(true);
        assertThat(ofScores(model)).containsExactly(kept);
      }
    }
  }

  /**
   * Of N tokens in L layers of width C and MLP width I, GPT-2 keeps of each layer both norms'
   * results and what attention gives (3 C), queries, keys and values (3 C), the sums after
   * attention and MLP (2 C) and the MLP's inner product (I); with checkpointing one C of each layer
   * and the last one's result.
   */
  @Test
  void onlyTheLayersInputsAreKept() throws IOException {
    try (LanguageModel model = LanguageModel.load(Fixture.of("gpt2").folder())) {
      Dimensions d = model.config().dimensions();
      long n = tokens.tokens();
      assertThat(keptOfProducts(model))
          .isEqualTo(n * d.layers() * (8L * d.hidden() + d.intermediate()));
      assertThat(keptOfLayers(model)).isEqualTo(n * d.hidden() * (d.layers() + 1L));
    }
  }

  /** Numbers on a tape of products: x, y, w, b, residual of each; x and y are its own. */
  private long keptOfProducts(LanguageModel model) {
    return kept(model, false, (place, size) -> place % 5 < 2 ? size : 0);
  }

  private long keptOfLayers(LanguageModel model) {
    return kept(model, true, (place, size) -> size);
  }

  private interface Counted {
    long of(int place, long size);
  }

  private long kept(LanguageModel model, boolean checkpointing, Counted counted) {
    model.parameters().trainable(true);
    Tape tape = new Tape(null, checkpointing);
    long kept = 0;
    try (NDManager scope = Torch.manager();
        GradientCollector collector = scope.getEngine().newGradientCollector()) {
      model.network().predicting(model.parameters(), tokens, scope, tape);
      NDList entries = tape.taken();
      for (int i = 6; i < entries.size(); i++) { // after what every tape begins with
        kept += counted.of(i - 6, entries.get(i).size());
      }
    }
    return kept;
  }

  private float[] known(LanguageModel model) {
    model.accumulate(tokens, 0.9, weights);
    return taken(model);
  }

  private float[] byLoss(LanguageModel model) {
    try (LogprobPass pass = model.forward(tokens, 0.9, true)) {
      NDArray policy = pass.logprobs().square().mul(pass.scope().create(weights)).sum();
      pass.backward(policy.add(pass.entropies().mean()));
    }
    return taken(model);
  }

  private float[] ofScores(ScalarModel model) {
    try (ScalarPass pass = model.forwardScores(tokens)) {
      pass.backward(pass.scalars().square().sum());
    }
    try (ScalarPass pass = model.forwardValues(tokens)) {
      pass.backward(pass.scalars().mul(pass.scope().create(weights)).sum());
    }
    return taken(model);
  }

  private static float[] taken(Trainable model) {
    float[] gradients = model.parameters().gradientValues();
    model.parameters().zeroGradients();
    assertThat(gradients).isNotEqualTo(new float[gradients.length]);
    return gradients;
  }
}
