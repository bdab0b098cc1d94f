package org.rlhf4j.model.torch;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScalarsTest {
  private static final int OPERATIONS = 200;

  private static final Map<String, BiFunction<NDArray, Number, NDArray>> BY_NAME =
      Map.of(
          "times", Scalars::times,
          "over", Scalars::over,
          "atMost", Scalars::atMost,
          "atLeast", Scalars::atLeast);

  /** x = 3, the number 2: the derivative of each operation. */
  @ParameterizedTest
  @CsvSource({"times, 2", "over, 0.5", "atMost, 0", "atLeast, 1"})
  void gradientHoldsThoughGarbageIsCollectedBeforeIt(String operation, float expected) {
    try (NDManager manager = Torch.manager();
        GradientCollector collector = manager.getEngine().newGradientCollector()) {
      NDArray x = manager.create(3f);
      x.setRequiresGradient(true);
      NDList results = new NDList();
      for (int i = 0; i < OPERATIONS; i++) {
        results.add(BY_NAME.get(operation).apply(x, 2f));
      }
      List<ByteBuffer> overwritten = collectAndOverwrite();
      for (NDArray result : results) {
        Torch.zeroGradient(x);
        collector.backward(result);
        assertThat(x.getGradient().getFloat()).isEqualTo(expected);
      }
      assertThat(overwritten).isNotEmpty();
    }
  }

  /** Frees what Java no longer holds and fills memory of that size with NaN. */
  private static List<ByteBuffer> collectAndOverwrite() {
    List<ByteBuffer> taken = new ArrayList<>();
    for (int round = 0; round < 3; round++) {
      System.gc();
      for (int i = 0; i < 20 * OPERATIONS; i++) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(Float.BYTES);
        buffer.putInt(0, -1);
        taken.add(buffer);
      }
    }
    return taken;
  }
}
