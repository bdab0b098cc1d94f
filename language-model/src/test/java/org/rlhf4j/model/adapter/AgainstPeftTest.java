package org.rlhf4j.model.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.model.Fixture;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.LogprobPass;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.ScalarPass;
import org.rlhf4j.model.family.Family;
import org.rlhf4j.model.torch.Placement;
import org.rlhf4j.model.torch.Torch;
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.model.weights.Safetensors;
import org.rlhf4j.model.weights.StridedTensor;
import org.rlhf4j.settings.Precision;

/** Adapters that peft saved, against what peft computes with them; see bench/reference/lora.py. */
class AgainstPeftTest {
  private static final Offset<Float> CLOSE = within(1e-4f);

  @ParameterizedTest
  @ValueSource(strings = {"lora-gpt2", "lora-llama", "lora-untied"})
  void logprobsAndGradients(String name) throws IOException {
    Fixture fixture = Fixture.of(name);
    JsonNode rows = fixture.expected().get("rows");
    try (LanguageModel model = LanguageModel.load(fixture.folder())) {
      PackedTokens tokens = PackedTokens.of(Fixture.rows(rows));
      float[] logprobs = model.logprobs(tokens, 1).logprobs();
      for (int i = 0; i < rows.size(); i++) {
        assertThat(Arrays.copyOfRange(logprobs, tokens.start(i), tokens.start(i + 1)))
            .containsExactly(Fixture.floats(rows.get(i).get("logprobs")), CLOSE);
      }
      float[] gradients = new float[tokens.predicted()];
      Arrays.fill(gradients, -1f / tokens.predicted());
      model.accumulate(tokens, 1, gradients);
      checkGradients(fixture, model.config().family(), model.parameters());

      model.parameters().zeroGradients();
      try (LogprobPass pass = model.forward(tokens, 1, false)) {
        pass.backward(pass.logprobs().mean().neg());
      }
      checkGradients(fixture, model.config().family(), model.parameters());
    }
  }

  @Test
  void scoresAndGradients() throws IOException {
    Fixture fixture = Fixture.of("lora-reward");
    JsonNode rows = fixture.expected().get("rows");
    try (ScalarModel model = ScalarModel.load(fixture.folder())) {
      PackedTokens tokens = PackedTokens.of(Fixture.rows(rows));
      float[] scores = model.scores(tokens);
      for (int i = 0; i < rows.size(); i++) {
        assertThat(scores[i]).isCloseTo(rows.get(i).get("score").floatValue(), CLOSE);
      }
      try (ScalarPass pass = model.forwardScores(tokens)) {
        pass.backward(pass.scalars().mean());
      }
      checkGradients(fixture, model.config().family(), model.parameters());
    }
  }

  /** Each gradient within 1e-3 of the norm of peft's, and none beside those that peft has. */
  private static void checkGradients(Fixture fixture, Family family, Parameters parameters) {
    Safetensors expected = Safetensors.open(fixture.folder().resolve("gradients.safetensors"));
    int checked = 0;
    try (NDManager scope = Torch.manager()) {
      for (int i = 0; i < parameters.specs().size(); i++) {
        NDArray gradient = parameters.gradients(scope).get(i);
        for (Map.Entry<String, StridedTensor> part :
            Parameters.parts(
                    parameters.specs().get(i), Placement.HOST.read(gradient), Precision.FP32)
                .entrySet()) {
          float[] theirs = expected.values(AdapterFolder.name(family, part.getKey()));
          float[] ours = part.getValue().values();
          assertThat(ours).hasSameSizeAs(theirs);
          double difference = 0;
          double norm = 0;
          for (int j = 0; j < ours.length; j++) {
            difference += Math.pow(theirs[j] - ours[j], 2);
            norm += theirs[j] * theirs[j];
          }
          assertThat(norm).as(part.getKey()).isPositive();
          assertThat(Math.sqrt(difference)).as(part.getKey()).isLessThan(1e-3 * Math.sqrt(norm));
          checked++;
        }
      }
    }
    assertThat(checked).isEqualTo(expected.entries().size());
  }
}
