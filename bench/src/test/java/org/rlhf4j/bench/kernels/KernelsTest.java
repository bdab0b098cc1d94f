package org.rlhf4j.bench.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Each benchmark's code runs, on a tiny model, and does the work it is named for. */
class KernelsTest {
  private static final String MODEL =
      "../language-model/src/test/resources/fixtures/llama-gqa-tied";

  @Test
  void hiddenPass() {
    HiddenPass kernel = new HiddenPass();
    kernel.model = MODEL;
    kernel.rows = 3;
    kernel.length = 7;
    kernel.load();
    assertThat(kernel.forward()).hasSize(3);
    kernel.forwardAndBackward();
    kernel.close();
  }

  @Test
  void logprobChunks() {
    LogprobChunks kernel = new LogprobChunks();
    kernel.model = MODEL;
    kernel.length = 9;
    kernel.load();
    // The first token of a text is predicted by nothing: 8 of 9.
    assertThat(kernel.logprobs().logprobs()).hasSize(8);
    assertThat(kernel.logprobsAndGradients()).hasSize(8);
    kernel.close();
  }

  @Test
  void decodeStep() {
    DecodeStep kernel = new DecodeStep();
    kernel.model = MODEL;
    kernel.rows = 2;
    kernel.load();
    assertThat(kernel.decode()).hasSize(2).allSatisfy(drawn -> assertThat(drawn).hasSize(1));
    kernel.close();
  }

  @Test
  void optimizerUpdate() {
    OptimizerUpdate kernel = new OptimizerUpdate();
    kernel.model = MODEL;
    kernel.load();
    kernel.adamW();
    assertThat(kernel.gradientNorm()).isZero();
    kernel.zeroGradients();
    kernel.close();
  }

  @Test
  void inputIsTheSameEachTime() {
    assertThat(Tokens.ids(97, 2, 5).stream().map(Arrays::toString))
        .containsExactlyElementsOf(Tokens.ids(97, 2, 5).stream().map(Arrays::toString).toList());
  }
}
