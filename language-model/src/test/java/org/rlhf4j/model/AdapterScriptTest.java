package org.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.rlhf4j.model.random.CounterRandom;
import org.rlhf4j.model.torch.MatrixProduct;
import org.rlhf4j.model.torch.Placement;
import org.rlhf4j.model.torch.Torch;
import org.rlhf4j.model.torch.TorchScript;

/** What adapters.py computes, apart from any network. */
class AdapterScriptTest {
  private static final String METHODS =
      """

        def sum(self: __torch__.Transformer, y: Tensor, x: Tensor, w: Tensor) -> Tensor:
          (self).adapt(y, x, w, annotate(List[Tensor], []))
          return y

        def dropout(self: __torch__.Transformer, x: Tensor, keys: Tensor, number: Tensor) -> Tensor:
          return (self).dropped(x, int(number), [x, x, x, keys])
      """;

  private final NDManager scope = Torch.manager();
  private final TorchScript script =
      TorchScript.compile(
          "Transformer",
          TorchScript.source(Network.class, "adapters.py")
              + MatrixProduct.source(Placement.HOST)
              + METHODS,
          attributes());

  private static Map<String, Object> attributes() {
    Map<String, Object> attributes = new LinkedHashMap<>();
    attributes.put("adapter_scale", 2.0);
    attributes.put("adapter_dropout", 0.25);
    attributes.put("adapters", Network.ADAPTERS);
    attributes.put("packed_weights", MatrixProduct.PACKED_WEIGHTS);
    return attributes;
  }

  @AfterEach
  void close() {
    script.close();
    scope.close();
  }

  /**
   * W is [2, 3] with an adapter of rank 1 on its first column and one on the other two: a₀ = (1,
   * 2)ᵀ, b₀ = (3); a₁ = (1, −1)ᵀ, b₁ = (5, 7). For x = (10, 1): x a₀ = 12, x a₁ = 9; with s = 2 y
   * gains (2·12·3, 2·9·5, 2·9·7) = (72, 90, 126). Another matrix with the same numbers gains
   * nothing. Folded, W gains 2 (3, 5, 7) in its first row and 2 (6, −5, −7) in its second.
   */
  @Test
  void twoAdaptersSideBySideByHand() {
    NDArray w = scope.zeros(new Shape(2, 3));
    NDArray other = scope.zeros(new Shape(2, 3));
    NDList weights =
        new NDList(w, matrix(2, 1, 2), matrix(1, 3), matrix(2, 1, -1), matrix(1, 5, 7));
    weights.forEach(weight -> weight.setName("p[]"));
    NDList in = new NDList(scope.create(new long[] {0, 1, 0, 0, 0, 3, 1, 1}).reshape(2, 4));
    in.addAll(weights);
    script.run("attach", in);

    assertThat(sum(w)).containsExactly(72, 90, 126);
    assertThat(sum(other)).containsExactly(0, 0, 0);

    w.setName("p[]");
    script.run("fold", new NDList(scope.create(0L), w));
    assertThat(w.toFloatArray()).containsExactly(6, 10, 14, 12, -10, -14);
    assertThat(sum(w)).containsExactly(0, 0, 0);
  }

  private float[] sum(NDArray w) {
    w.setName("w");
    NDList in = new NDList(scope.zeros(new Shape(1, 3)), matrix(1, 10, 1), w);
    return script.run("sum", in).get(0).toFloatArray();
  }

  private NDArray matrix(int rows, float... values) {
    return scope.create(values, new Shape(rows, values.length / rows));
  }

  /** Of 400 · 300 ones at 0.25: 90,000 stay ± 3 · √(120,000 · ¼ · ¾) = 450, and become 1 / 0.75. */
  @Test
  void dropoutTakesItsShareAndKeepsTheMean() {
    float[] dropped = dropped(3, keys(400, 1), 300);
    int kept = 0;
    for (float value : dropped) {
      assertThat(value == 0 || Math.abs(value - 1 / 0.75f) < 1e-6f).isTrue();
      kept += value == 0 ? 0 : 1;
    }
    assertThat((double) kept).isCloseTo(90_000, within(450.0));
  }

  @Test
  void dropoutIsAFunctionOfKeyColumnAndAdapter() {
    float[] dropped = dropped(3, keys(40, 1), 30);
    assertThat(dropped(3, keys(40, 1), 30)).containsExactly(dropped);
    assertThat(dropped(4, keys(40, 1), 30)).isNotEqualTo(dropped);
    assertThat(dropped(3, keys(40, 2), 30)).isNotEqualTo(dropped);
    assertThat(dropped(3, new int[0], 30)).containsOnly(1f);
  }

  private float[] dropped(int number, int[] keys, int columns) {
    int rows = Math.max(1, keys.length);
    NDArray ones = scope.ones(new Shape(rows, columns));
    NDList in = new NDList(ones, scope.create(keys), scope.create((long) number));
    return script.run("dropout", in).get(0).toFloatArray();
  }

  private static int[] keys(int count, long seed) {
    int[] keys = new int[count];
    for (int i = 0; i < count; i++) {
      keys[i] = (int) new CounterRandom(seed).bits(i);
    }
    return keys;
  }
}
