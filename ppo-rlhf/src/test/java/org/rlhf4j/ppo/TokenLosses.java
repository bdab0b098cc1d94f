package org.rlhf4j.ppo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import java.util.Random;
import java.util.function.UnaryOperator;

/** What the tests of losses per token share. */
final class TokenLosses {
  private TokenLosses() {}

  /** Loss and ∂loss/∂x of a single token. */
  static float[] lossAndGradient(NDManager manager, double x, UnaryOperator<NDArray> loss) {
    NDArray leaf = manager.create(new float[] {(float) x});
    leaf.setRequiresGradient(true);
    try (GradientCollector collector = manager.getEngine().newGradientCollector()) {
      NDArray value = loss.apply(leaf);
      collector.backward(value);
      return new float[] {value.toFloatArray()[0], leaf.getGradient().toFloatArray()[0]};
    }
  }

  /** Numbers of a normal distribution. */
  static float[] numbers(long seed, int count) {
    Random random = new Random(seed);
    float[] numbers = new float[count];
    for (int t = 0; t < count; t++) {
      numbers[t] = (float) random.nextGaussian();
    }
    return numbers;
  }
}
