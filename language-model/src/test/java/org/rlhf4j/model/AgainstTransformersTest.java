package org.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every family against what transformers computes from the same small random checkpoints. */
class AgainstTransformersTest {
  private static final Offset<Float> CLOSE = within(1e-4f);

  @EveryFamily
  void logprobsAndEntropies(String name) throws IOException {
    Fixture fixture = Fixture.of(name);
    try (LanguageModel model = LanguageModel.load(fixture.folder())) {
      for (JsonNode sequence : fixture.expected().get("sequences")) {
        PackedTokens tokens =
            PackedTokens.of(
                List.of(new TokenTree(new int[0], List.of(Fixture.ints(sequence.get("ids"))))));
        for (JsonNode at : sequence.get("at")) {
          TokenLogprobs ours = model.logprobs(tokens, at.get("temperature").doubleValue());
          assertThat(ours.logprobs()).containsExactly(Fixture.floats(at.get("logprobs")), CLOSE);
          assertThat(ours.entropies()).containsExactly(Fixture.floats(at.get("entropy")), CLOSE);
        }
      }
    }
  }

  @EveryFamily
  void treesShareTheirPrompt(String name) throws IOException {
    Fixture fixture = Fixture.of(name);
    List<TokenTree> trees = new ArrayList<>();
    List<float[]> expected = new ArrayList<>();
    for (JsonNode tree : fixture.expected().get("trees")) {
      List<int[]> completions = new ArrayList<>();
      tree.get("completions").forEach(completion -> completions.add(Fixture.ints(completion)));
      trees.add(new TokenTree(Fixture.ints(tree.get("prompt")), completions));
      tree.get("logprobs").forEach(logprobs -> expected.add(Fixture.floats(logprobs)));
    }
    try (LanguageModel model = LanguageModel.load(fixture.folder())) {
      PackedTokens tokens = PackedTokens.of(trees);
      float[] ours = model.logprobs(tokens, 1).logprobs();
      for (int i = 0; i < expected.size(); i++) {
        assertThat(Arrays.copyOfRange(ours, tokens.start(i), tokens.start(i + 1)))
            .containsExactly(expected.get(i), CLOSE);
      }
    }
  }

  @EveryFamily
  void hiddenStates(String name) throws IOException {
    Fixture fixture = Fixture.of(name);
    JsonNode hidden = fixture.expected().get("hidden");
    try (LanguageModel model = LanguageModel.load(fixture.folder());
        NDManager scope = Torch.manager()) {
      TokenTree tree = new TokenTree(new int[0], List.of(Fixture.ints(hidden.get("ids"))));
      NDArray states =
          model.network().hidden(model.parameters(), PackedTokens.of(List.of(tree)), scope, null);
      List<Float> expected = new ArrayList<>();
      hidden.get("states").forEach(row -> row.forEach(x -> expected.add(x.floatValue())));
      float[] ours = states.toFloatArray();
      assertThat(ours).hasSize(expected.size());
      for (int i = 0; i < ours.length; i++) {
        assertThat(ours[i]).isCloseTo(expected.get(i), CLOSE);
      }
    }
  }

  @EveryFamily
  void greedyContinuations(String name) throws IOException {
    Fixture fixture = Fixture.of(name);
    try (LanguageModel model = LanguageModel.load(fixture.folder())) {
      for (JsonNode greedy : fixture.expected().get("greedy")) {
        GenerationRequest request =
            new GenerationRequest(
                Fixture.ints(greedy.get("prompt")), List.of(new SampleKey(0, 0, 0, 0)));
        SamplingSettings settings = SamplingSettings.of(greedy.get("max_new_tokens").intValue(), 0);
        Sampled sampled =
            Generator.generate(
                    model, settings, Fixture.ints(greedy.get("eos_ids")), List.of(request), 8)
                .get(0)
                .get(0);
        assertThat(sampled.ids()).containsExactly(Fixture.ints(greedy.get("ids")));
        assertThat(sampled.ended())
            .isEqualTo(!greedy.get("finish_reason").textValue().equals("length"));
      }
    }
  }

  @EveryFamily
  void gradientsOfTheMeanLoss(String name) throws IOException {
    Fixture fixture = Fixture.of(name);
    JsonNode loss = fixture.expected().get("loss");
    Safetensors expected =
        Safetensors.open(fixture.folder().resolve(loss.get("gradients").textValue()));
    try (LanguageModel model = LanguageModel.load(fixture.folder())) {
      PackedTokens tokens = PackedTokens.of(Fixture.rows(loss.get("rows")));
      float[] gradients = new float[tokens.predicted()];
      Arrays.fill(gradients, -1f / loss.get("tokens").intValue());
      float[] logprobs = model.accumulate(tokens, 1, gradients);
      double sum = 0;
      for (float logprob : logprobs) {
        sum -= logprob;
      }
      assertThat(sum / logprobs.length).isCloseTo(loss.get("loss").doubleValue(), within(1e-5));
      checkGradients(model, expected);

      model.parameters().zeroGradients();
      try (LogprobPass pass = model.forward(tokens, 1, false)) {
        pass.backward(pass.logprobs().mean().neg());
      }
      checkGradients(model, expected);
    }
  }

  /** Each weight's gradient within 1e-3 of the expected one's norm. */
  private static void checkGradients(LanguageModel model, Safetensors expected) {
    String prefix = model.config().family().backbonePrefix();
    Parameters parameters = model.parameters();
    int checked = 0;
    try (NDManager scope = Torch.manager()) {
      for (int i = 0; i < parameters.specs().size(); i++) {
        NDArray gradient = parameters.gradients(scope).get(i);
        for (Map.Entry<String, StridedTensor> part :
            Parameters.parts(parameters.specs().get(i), Torch.memory(gradient)).entrySet()) {
          String prefixed = prefix + part.getKey();
          String name = expected.entries().containsKey(prefixed) ? prefixed : part.getKey();
          float[] theirs = expected.values(name);
          float[] ours = part.getValue().values();
          assertThat(ours).hasSameSizeAs(theirs);
          double difference = 0;
          double norm = 0;
          for (int j = 0; j < ours.length; j++) {
            difference += Math.pow(theirs[j] - ours[j], 2);
            norm += theirs[j] * theirs[j];
          }
          assertThat(Math.sqrt(difference)).as(name).isLessThan(1e-3 * Math.sqrt(norm) + 1e-7);
          checked++;
        }
      }
    }
    assertThat(checked).isEqualTo(expected.entries().size());
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2-reward", "llama-reward"})
  void scoresAndValues(String name) throws IOException {
    Fixture fixture = Fixture.of(name);
    JsonNode rows = fixture.expected().get("rows");
    try (ScalarModel model = ScalarModel.load(fixture.folder())) {
      PackedTokens tokens = PackedTokens.of(Fixture.rows(rows));
      float[] scores = model.scores(tokens);
      float[] values = model.values(tokens);
      for (int i = 0; i < rows.size(); i++) {
        assertThat(scores[i]).isCloseTo(rows.get(i).get("score").floatValue(), CLOSE);
        assertThat(Arrays.copyOfRange(values, tokens.start(i), tokens.start(i + 1)))
            .containsExactly(Fixture.floats(rows.get(i).get("values")), CLOSE);
      }
    }
  }
}
