package org.rlhf4j.model.weights;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.rlhf4j.model.Fixture;
import org.rlhf4j.model.LanguageModel;

class FiniteWeightsTest {

  /** Each end of each tensor, of a family whose matrices lie transposed and one with fused ones. */
  @Test
  void namesTheTensorWhereverItsNumberLies() throws IOException {
    for (String name : new String[] {"gpt2", "llama-gqa-tied"}) {
      try (LanguageModel model = LanguageModel.load(Fixture.of(name).folder())) {
        Parameters weights = model.parameters();
        assertThat(FiniteWeights.fault(weights)).isEmpty();
        weights.tensors().forEach((tensor, view) -> eachEnd(weights, tensor, view));
        assertThat(FiniteWeights.fault(weights)).isEmpty();
      }
    }
  }

  private static void eachEnd(Parameters weights, String tensor, StridedTensor view) {
    float[] sound = view.values();
    for (int i : new int[] {0, sound.length - 1}) {
      for (float number :
          new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
        float[] damaged = sound.clone();
        damaged[i] = number;
        overwrite(weights, tensor, damaged);
        assertThat(FiniteWeights.fault(weights).map(Object::toString))
            .contains(tensor + " holds " + number);
      }
      float[] large = sound.clone();
      large[i] = -Float.MAX_VALUE;
      overwrite(weights, tensor, large);
      assertThat(FiniteWeights.fault(weights)).isEmpty();
    }
    overwrite(weights, tensor, sound);
  }

  private static void overwrite(Parameters weights, String tensor, float[] values) {
    for (int i = 0; i < weights.specs().size(); i++) {
      weights.changeTensors(
          i,
          parts -> {
            if (parts.containsKey(tensor)) {
              parts.get(tensor).put(0, parts.get(tensor).rows(), values);
            }
          });
    }
  }
}
