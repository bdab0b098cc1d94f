package org.rlhf4j.model.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rlhf4j.model.RandomTokens;

class MatrixProductTest {

  /** (1 2; 3 4) (5 6 7; 8 9 10) = (21 24 27; 47 54 61). */
  @Test
  void byHand() {
    try (NDManager manager = Torch.manager()) {
      NDArray a = manager.create(new float[] {1, 2, 3, 4}, new Shape(2, 2));
      NDArray b = manager.create(new float[] {5, 6, 7, 8, 9, 10}, new Shape(2, 3));
      NDArray product = MatrixProduct.of(a, b);
      assertThat(product.getShape().getShape()).containsExactly(2, 3);
      assertThat(product.toFloatArray()).containsExactly(21, 24, 27, 47, 54, 61);
    }
  }

  /** Both sources give a b + bias, of transposed views too: the other machines' one as well. */
  @Test
  void bothSourcesAgree() {
    float[] ours = computed(MatrixProduct.source(Placement.HOST));
    float[] others = computed(TorchScript.source(MatrixProduct.class, "product_libtorch.py"));
    assertThat(ours).containsExactly(others, within(1e-5f));
    float[] a = new RandomTokens(1).weights(7 * 5);
    float[] b = new RandomTokens(2).weights(11 * 5);
    double expected = 0;
    for (int k = 0; k < 5; k++) {
      expected += a[3 * 5 + k] * b[2 * 5 + k];
    }
    assertThat((double) ours[3 * 11 + 2]).isCloseTo(expected + 2, within(1e-5));
  }

  private static float[] computed(String source) {
    String caller =
        """

          def run(self: __torch__.Transformer, a: Tensor, b: Tensor, bias: Tensor) -> Tensor:
            return (self).product(a, b.t(), bias) + (self).product(a, b.t(), None) * 0.
        """;
    try (TorchScript script =
            TorchScript.compile(
                "Transformer",
                source + caller,
                Map.of("packed_weights", MatrixProduct.PACKED_WEIGHTS));
        NDManager manager = Torch.manager()) {
      NDArray a = manager.create(new RandomTokens(1).weights(7 * 5), new Shape(7, 5));
      NDArray b = manager.create(new RandomTokens(2).weights(11 * 5), new Shape(11, 5));
      return script.run("run", new NDList(a, b, manager.arange(11f))).get(0).toFloatArray();
    }
  }
}
