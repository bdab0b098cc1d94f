package org.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.model.weights.ParameterSpec;
import org.rlhf4j.model.weights.Parameters;

/** Weights drawn from a configuration and a seed. */
class FreshModelTest {
  private static final String LLAMA =
      """
      {"model_type": "llama", "vocab_size": 500, "hidden_size": 64, "num_hidden_layers": %d,
       "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 96,
       "max_position_embeddings": 32, "initializer_range": 0.05, "tie_word_embeddings": %b}""";

  private static final String GPT2 =
      """
      {"model_type": "gpt2", "vocab_size": 500, "n_embd": 64, "n_layer": 8, "n_head": 4,
       "n_positions": 32, "architectures": ["GPT2ForSequenceClassification"], "num_labels": 1}""";

  @TempDir private Path folder;

  @Test
  void matricesHaveTheDeviationOfTheConfiguration() throws IOException {
    try (Parameters weights = fresh(String.format(Locale.ROOT, LLAMA, 2, false), 1)) {
      for (ParameterSpec spec : weights.specs()) {
        double expected = spec.name().endsWith("norm.weight") ? 0 : 0.05;
        assertThat(deviation(weights, spec.name())).isCloseTo(expected, within(0.05 * 0.05));
        assertThat(mean(weights, spec.name())).isCloseTo(expected == 0 ? 1 : 0, within(0.003));
      }
    }
  }

  /** GPT-2's residual projections begin at 0.02 / √(2 · 8 layers) = 0.005. */
  @Test
  void residualProjectionsOfGpt2AreSmaller() throws IOException {
    try (Parameters weights = fresh(GPT2, 1)) {
      assertThat(deviation(weights, "wte.weight")).isCloseTo(0.02, within(0.001));
      assertThat(deviation(weights, "h.3.mlp.c_fc.weight")).isCloseTo(0.02, within(0.001));
      assertThat(deviation(weights, "h.3.attn.c_proj.weight")).isCloseTo(0.005, within(0.0003));
      assertThat(deviation(weights, "h.7.mlp.c_proj.weight")).isCloseTo(0.005, within(0.0003));
      assertThat(deviation(weights, "h.3.ln_1.weight")).isZero();
      assertThat(mean(weights, "h.3.ln_1.weight")).isEqualTo(1);
      assertThat(mean(weights, "h.3.attn.c_attn.bias")).isZero();
    }
  }

  @Test
  void aTensorIsAFunctionOfSeedAndNameAlone() throws IOException {
    try (Parameters one = fresh(String.format(Locale.ROOT, LLAMA, 1, true), 7);
        Parameters same = fresh(String.format(Locale.ROOT, LLAMA, 1, true), 7);
        Parameters more = fresh(String.format(Locale.ROOT, LLAMA, 3, false), 7);
        Parameters other = fresh(String.format(Locale.ROOT, LLAMA, 1, true), 8)) {
      for (ParameterSpec spec : one.specs()) {
        String name = spec.name();
        assertThat(values(same, name)).containsExactly(values(one, name));
        assertThat(values(more, name)).containsExactly(values(one, name));
        if (!name.endsWith("norm.weight")) {
          assertThat(values(other, name)).isNotEqualTo(values(one, name));
        }
      }
      assertThat(values(more, "layers.1.mlp.down_proj.weight"))
          .isNotEqualTo(values(more, "layers.0.mlp.down_proj.weight"));
    }
  }

  @Test
  void aFreshScoreHeadHasDeviationOneOverTheRootOfWidthPlusOne() throws IOException {
    ModelConfig config =
        TinyConfig.read(folder, LLAMA.replace(": 64", ": 4096").formatted(1, true));
    ParameterSpec head =
        config.scalarModelParameters().get(config.scalarModelParameters().size() - 1);
    try (Parameters weights = Parameters.fresh(List.of(head), 2)) {
      double expected = 1 / Math.sqrt(4097); // 0.0156
      assertThat(deviation(weights, "score.weight")).isCloseTo(expected, within(0.05 * expected));
    }
  }

  @Test
  void isALanguageModelWhateverTheConfigurationWasOf() throws IOException {
    Tokenizer tokenizer = Tokenizer.load(Fixture.of("gpt2").folder());
    try (LanguageModel model = LanguageModel.fresh(TinyConfig.read(folder, GPT2), tokenizer, 1);
        tokenizer) {
      assertThat(model.config().json().path("architectures").path(0).asText())
          .isEqualTo("GPT2LMHeadModel");
      assertThat(model.config().json().has("num_labels")).isFalse();
      PackedTokens tokens = PackedTokens.of(List.of(new RandomTokens(1).tree(3, 8)));
      TokenLogprobs fresh = model.logprobs(tokens, 1);
      for (int i = 0; i < 8; i++) { // near uniform over 500
        assertThat(fresh.logprobs()[i]).isCloseTo(-(float) Math.log(500), within(1f));
        assertThat(fresh.entropies()[i]).isCloseTo((float) Math.log(500), within(0.1f));
      }
    }
  }

  private Parameters fresh(String json, long seed) throws IOException {
    return Parameters.fresh(TinyConfig.read(folder, json).languageModelParameters(), seed);
  }

  private static float[] values(Parameters weights, String name) {
    FloatBuffer memory = weights.read(weights.index(name)).asFloatBuffer();
    float[] values = new float[memory.remaining()];
    memory.get(values);
    return values;
  }

  private static double mean(Parameters weights, String name) {
    double sum = 0;
    for (float value : values(weights, name)) {
      sum += value;
    }
    return sum / values(weights, name).length;
  }

  private static double deviation(Parameters weights, String name) {
    double mean = mean(weights, name);
    double sum = 0;
    for (float value : values(weights, name)) {
      sum += Math.pow(value - mean, 2);
    }
    return Math.sqrt(sum / values(weights, name).length);
  }
}
