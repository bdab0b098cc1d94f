package org.rlhf4j.model.torch;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.rlhf4j.model.weights.StridedTensor;
import org.rlhf4j.settings.Precision;

class Bf16Test {

  /**
   * Above 1 numbers are 2⁻⁷ apart: 1 + 2⁻⁹ is nearest to 1; 1 + 2⁻⁸ lies midway, and goes to 1,
   * whose last bit is 0, as 1 + 3 · 2⁻⁸ does to 1 + 2⁻⁶.
   */
  @Test
  void roundsToTheNearestAndToEven() {
    assertThat(rounded(1 + 0x1p-9f)).isEqualTo(1);
    assertThat(rounded(1 + 0x1p-8f)).isEqualTo(1);
    assertThat(rounded(1 + 0x1.1p-8f)).isEqualTo(1 + 0x1p-7f);
    assertThat(rounded(1 + 0x3p-8f)).isEqualTo(1 + 0x1p-6f);
    assertThat(rounded(-1 - 0x3p-8f)).isEqualTo(-1 - 0x1p-6f);
    assertThat(rounded(Float.MAX_VALUE)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(rounded(Float.NaN)).isNaN();
    assertThat(Bf16.of(1)).isEqualTo((short) 0x3f80);
  }

  private static float rounded(float value) {
    return Bf16.toFloat(Bf16.of(value));
  }

  /** A matrix [2, 3] whose checkpoint has it transposed, as tensors of one and of two rows. */
  @Test
  void tensorsInMemoryAreAsLibtorchRoundsThem() {
    float[] values = {1, 2.003f, -3.1416f, 1e-30f, 65_537, 0.1f};
    try (NDManager scope = Torch.manager()) {
      NDArray matrix = scope.create(values).reshape(2, 3);
      NDArray half = Placement.HOST.zeros(scope, Precision.BF16, 2, 3);
      NDList pair = new NDList(matrix, half);
      pair.forEach(array -> array.setName("p[]"));
      Placement.copy(pair);
      assertThat(Placement.HOST.read(half).remaining()).isEqualTo(12);

      Placement.HOST.change(
          half,
          memory -> {
            StridedTensor first = bf16(memory, 1, 0);
            StridedTensor others = bf16(memory, 2, 1);
            assertThat(first.values()).containsExactly(1, rounded(1e-30f));
            assertThat(others.values())
                .containsExactly(rounded(2.003f), 65_536, rounded(-3.1416f), rounded(0.1f));

            others.put(1, 1, new float[] {7.03f, -8});
            assertThat(others.values())
                .containsExactly(rounded(2.003f), 65_536, rounded(7.03f), -8);
          });
      Placement.copy(new NDList(half, matrix));
      assertThat(matrix.toFloatArray())
          .containsExactly(1, rounded(2.003f), rounded(7.03f), rounded(1e-30f), 65_536, -8);
    }
  }

  private static StridedTensor bf16(ByteBuffer memory, long rows, int start) {
    return new StridedTensor(List.of(rows, 2L), () -> memory, start, 1, 3, Precision.BF16);
  }
}
