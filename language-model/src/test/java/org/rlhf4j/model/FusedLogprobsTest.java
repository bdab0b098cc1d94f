package org.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.model.torch.Placement;
import org.rlhf4j.model.torch.Torch;
import org.rlhf4j.model.weights.ParameterSpec;
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.settings.Precision;

/** Log-probabilities, entropies and their gradients from hidden states and head, chunk by chunk. */
class FusedLogprobsTest {
  private static final Offset<Float> CLOSE = within(1e-5f);
  private static final float LN2 = 0.6931472f;

  @TempDir private Path folder;

  /**
   * With head rows (1, 0), (0, 1), (0, 0) and h = (ln 2, 0) the logits are (ln 2, 0, 0) and softmax
   * is (2, 1, 1)/4: log p₀ = −ln 2 and the entropy ½ ln 2 + 2 · ¼ ln 4 = 1.0397208. At temperature
   * ½ it is (4, 1, 1)/6: log p₀ = ln ⅔, entropy ⅔ ln 1½ + ⅓ ln 6 = 0.8675632.
   */
  @Test
  void aSoftmaxByHand() throws IOException {
    try (Head head = new Head(TinyConfig.llama(folder, 3, 2), 1, 0, 0, 1, 0, 0)) {
      TokenLogprobs at1 = head.logprobs(new float[] {LN2, 0}, new long[] {0}, 1);
      assertThat(at1.logprobs()).containsExactly(new float[] {-LN2}, CLOSE);
      assertThat(at1.entropies()).containsExactly(new float[] {1.0397208f}, CLOSE);

      TokenLogprobs cooler = head.logprobs(new float[] {LN2, 0}, new long[] {0}, 0.5);
      assertThat(cooler.logprobs()).containsExactly(new float[] {-0.4054651f}, CLOSE);
      assertThat(cooler.entropies()).containsExactly(new float[] {0.8675632f}, CLOSE);
    }
  }

  /**
   * The same softmax p = (2, 1, 1)/4. ∂log p₀/∂z = onehot − p = (½, −¼, −¼), by h its first two.
   * ∂H/∂z = −p (log p + H) = (−½ · 0.3465736, ¼ · 0.3465736, ¼ · 0.3465736).
   */
  @Test
  void gradientsByHand() throws IOException {
    try (Head head = new Head(TinyConfig.llama(folder, 3, 2), 1, 0, 0, 1, 0, 0)) {
      float[] h = {LN2, 0};
      Backward logprob = head.backward(h, new long[] {0}, 1, new float[] {1}, new float[0]);
      assertThat(logprob.rows()).containsExactly(new float[] {0.5f, -0.25f}, CLOSE);
      assertThat(logprob.head())
          .containsExactly(new float[] {LN2 / 2, 0, -LN2 / 4, 0, -LN2 / 4, 0}, CLOSE);

      Backward entropy = head.backward(h, new long[] {0}, 1, new float[] {0}, new float[] {1});
      assertThat(entropy.rows()).containsExactly(new float[] {-0.1732868f, 0.0866434f}, CLOSE);
    }
  }

  @Test
  void gradientsAgreeWithDifferencesOfPlainLoops() throws IOException {
    int vocabulary = 11;
    int width = 6;
    RandomTokens random = new RandomTokens(8);
    float[] w = scaled(random.weights(vocabulary * width), 2);
    float[] h = scaled(random.weights(5 * width), 2);
    long[] targets = {0, 10, 4, 4, 7};
    float[] g = random.weights(5);
    float[] ge = random.weights(5);
    try (Head head = new Head(TinyConfig.llama(folder, vocabulary, width), w)) {
      Backward ours = head.backward(h, targets, 0.7, g, ge);

      assertThat(ours.rows())
          .containsExactly(differences(h, x -> plainLoss(x, w, targets, 0.7, g, ge)), CLOSE);
      assertThat(ours.head())
          .containsExactly(differences(w, x -> plainLoss(h, x, targets, 0.7, g, ge)), CLOSE);
    }
  }

  @Test
  void chunksDontMatter() throws IOException {
    int vocabulary = 1 << 17; // 64 rows a chunk
    int rows = 130;
    RandomTokens random = new RandomTokens(9);
    float[] h = random.weights(2 * rows);
    long[] targets = IntStream.range(0, rows).mapToLong(i -> i * 1000L).toArray();
    float[] g = random.weights(rows);
    float[] ge = random.weights(rows);
    try (Head head =
        new Head(TinyConfig.llama(folder, vocabulary, 2), random.weights(2 * vocabulary))) {
      TokenLogprobs all = head.logprobs(h, targets, 1);
      Backward back = head.backward(h, targets, 1, g, ge);
      for (int row : new int[] {0, 63, 64, 127, 128, 129}) {
        float[] state = Arrays.copyOfRange(h, 2 * row, 2 * row + 2);
        long[] target = {targets[row]};
        TokenLogprobs alone = head.logprobs(state, target, 1);
        assertThat(all.logprobs()[row]).isCloseTo(alone.logprobs()[0], CLOSE);
        assertThat(all.entropies()[row]).isCloseTo(alone.entropies()[0], within(1e-4f));
        Backward one = head.backward(state, target, 1, new float[] {g[row]}, new float[] {ge[row]});
        assertThat(Arrays.copyOfRange(back.rows(), 2 * row, 2 * row + 2))
            .containsExactly(one.rows(), CLOSE);
      }
    }
  }

  /** Σ g log p(target) + ge · entropy, in plain loops of doubles. */
  private static double plainLoss(
      double[] h, double[] w, long[] targets, double temperature, float[] g, float[] ge) {
    int width = h.length / targets.length;
    int vocabulary = w.length / width;
    double loss = 0;
    for (int m = 0; m < targets.length; m++) {
      double[] z = new double[vocabulary];
      double total = 0;
      for (int v = 0; v < vocabulary; v++) {
        for (int c = 0; c < width; c++) {
          z[v] += h[m * width + c] * w[v * width + c] / temperature;
        }
        total += Math.exp(z[v]);
      }
      double entropy = 0;
      for (int v = 0; v < vocabulary; v++) {
        double p = Math.exp(z[v]) / total;
        entropy -= p * Math.log(p);
      }
      loss += g[m] * (z[(int) targets[m]] - Math.log(total)) + ge[m] * entropy;
    }
    return loss;
  }

  private static double plainLoss(
      double[] h, float[] w, long[] targets, double temperature, float[] g, float[] ge) {
    return plainLoss(h, doubles(w), targets, temperature, g, ge);
  }

  private static double plainLoss(
      float[] h, double[] w, long[] targets, double temperature, float[] g, float[] ge) {
    return plainLoss(doubles(h), w, targets, temperature, g, ge);
  }

  private interface Loss {
    double of(double[] x);
  }

  /** Central differences in doubles. */
  private static float[] differences(float[] at, Loss loss) {
    double step = 1e-5;
    float[] gradient = new float[at.length];
    double[] x = doubles(at);
    for (int i = 0; i < at.length; i++) {
      x[i] = at[i] + step;
      double above = loss.of(x);
      x[i] = at[i] - step;
      gradient[i] = (float) ((above - loss.of(x)) / (2 * step));
      x[i] = at[i];
    }
    return gradient;
  }

  private static double[] doubles(float[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
  }

  private static float[] scaled(float[] values, float by) {
    for (int i = 0; i < values.length; i++) {
      values[i] *= by;
    }
    return values;
  }

  /** Gradients by hidden states and by the head. */
  private record Backward(float[] rows, float[] head) {}

  /** A network with a head of given weights. */
  private static final class Head implements AutoCloseable {
    private final Network network;
    private final Parameters parameters;
    private final int width;

    Head(ModelConfig config, float... weights) {
      network = new Network(config);
      parameters = Parameters.zeros(config.languageModelParameters());
      width = config.dimensions().hidden();
      parameters.changeTensors(
          0, parts -> parts.values().forEach(head -> head.put(0, head.rows(), weights)));
    }

    TokenLogprobs logprobs(float[] h, long[] targets, double temperature) {
      try (NDManager scope = Torch.manager()) {
        NDList out =
            network.logprobs(
                parameters, rows(scope, h), scope.create(targets), scope.create(temperature), 0);
        return new TokenLogprobs(out.get(0).toFloatArray(), out.get(1).toFloatArray());
      }
    }

    Backward backward(float[] h, long[] targets, double temperature, float[] g, float[] ge) {
      Backward anew = backward(h, targets, temperature, g, ge, 0);
      Backward kept = backward(h, targets, temperature, g, ge, 1);
      assertArrayEquals(anew.rows(), kept.rows(), CLOSE.value);
      assertArrayEquals(anew.head(), kept.head(), CLOSE.value);
      return anew;
    }

    private Backward backward(
        float[] h, long[] targets, double temperature, float[] g, float[] ge, int keep) {
      try (NDManager scope = Torch.manager()) {
        ParameterSpec spec = parameters.specs().get(0);
        NDArray headGradient = Torch.zeros(scope, width, spec.size() / width);
        NDArray rows = rows(scope, h);
        NDArray ids = scope.create(targets);
        NDArray t = scope.create(temperature);
        NDList kept = network.logprobs(parameters, rows, ids, t, keep).subNDList(2);
        assertThat(kept).hasSize(keep);
        NDList out =
            network.logprobsBackward(
                parameters, rows, ids, t, scope.create(g), scope.create(ge), headGradient, kept);
        float[] byHead =
            Parameters.parts(spec, Placement.HOST.read(headGradient), Precision.FP32)
                .values()
                .iterator()
                .next()
                .values();
        return new Backward(out.get(0).toFloatArray(), byHead);
      }
    }

    private NDArray rows(NDManager scope, float[] h) {
      return scope.create(h, new Shape(h.length / width, width));
    }

    @Override
    public void close() {
      network.close();
      parameters.close();
    }
  }
}
