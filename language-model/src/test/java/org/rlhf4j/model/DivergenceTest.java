package org.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

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
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.settings.Precision;

/** The KL between two distributions over the vocabulary, and its gradient, chunk by chunk. */
class DivergenceTest {
  private static final Offset<Float> CLOSE = within(1e-5f);

  @TempDir private Path folder;

  /**
   * Rows of the identity as head make hidden states the logits: p = (2, 1, 1)/4, q = (1, 1, 2)/4.
   * KL(p ‖ q) = ½ ln 2 + 0 + ¼ ln ½ = ¼ ln 2, and so is KL(q ‖ p). ∂KL(q ‖ p)/∂z = p − q = (¼, 0,
   * −¼).
   */
  @Test
  void byHand() throws IOException {
    float ln2 = 0.6931472f;
    float[] w = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0};
    float[] h = {ln2, 0, 0, 0};
    Divergences made = divergences(3, 4, h, new float[] {0, 0, ln2, 0}, w, w, 1);
    assertThat(made.forward()).containsExactly(new float[] {0.1732868f}, CLOSE);
    assertThat(made.reverse()).containsExactly(new float[] {0.1732868f}, CLOSE);
    assertThat(made.byRows()).containsExactly(new float[] {0.25f, 0, -0.25f, 0}, CLOSE);
  }

  @Test
  void agreesWithPlainLoops() throws IOException {
    int vocabulary = 11;
    int width = 6;
    RandomTokens random = new RandomTokens(8);
    float[] w = random.weights(vocabulary * width);
    float[] wq = random.weights(vocabulary * width);
    float[] h = random.weights(5 * width);
    float[] hq = random.weights(5 * width);
    Divergences made = divergences(vocabulary, width, h, hq, w, wq, 0.3);
    for (int m = 0; m < 5; m++) {
      double[] p = softmax(h, w, m, width, vocabulary, 0.3);
      double[] q = softmax(hq, wq, m, width, vocabulary, 0.3);
      double pq = 0;
      double qp = 0;
      double[] byRow = new double[width];
      for (int v = 0; v < vocabulary; v++) {
        pq += p[v] * Math.log(p[v] / q[v]);
        qp += q[v] * Math.log(q[v] / p[v]);
        for (int c = 0; c < width; c++) {
          byRow[c] += (p[v] - q[v]) * w[v * width + c] / 0.3;
        }
      }
      assertThat(qp).isGreaterThan(1e-3).isNotCloseTo(pq, within(1e-4));
      assertThat((double) made.forward()[m]).isCloseTo(pq, within(1e-5));
      assertThat((double) made.reverse()[m]).isCloseTo(qp, within(1e-5));
      for (int c = 0; c < width; c++) {
        assertThat((double) made.byRows()[m * width + c]).isCloseTo(byRow[c], within(1e-5));
      }
    }
  }

  @Test
  void chunksDontMatter() throws IOException {
    int vocabulary = 1 << 17; // 64 rows a chunk
    RandomTokens random = new RandomTokens(9);
    float[] w = random.weights(2 * vocabulary);
    float[] h = random.weights(2 * 130);
    float[] hq = random.weights(2 * 130);
    Divergences all = divergences(vocabulary, 2, h, hq, w, w, 1);
    for (int row : new int[] {0, 63, 64, 129}) {
      float[] one = Arrays.copyOfRange(h, 2 * row, 2 * row + 2);
      float[] other = Arrays.copyOfRange(hq, 2 * row, 2 * row + 2);
      Divergences alone = divergences(vocabulary, 2, one, other, w, w, 1);
      assertThat(all.forward()[row]).isCloseTo(alone.forward()[0], CLOSE);
      assertThat(Arrays.copyOfRange(all.byRows(), 2 * row, 2 * row + 2))
          .containsExactly(alone.byRows(), CLOSE);
    }
  }

  /** Equal distributions are at no distance at all, and pull nowhere. */
  @Test
  void isZeroBetweenEquals() throws IOException {
    RandomTokens random = new RandomTokens(10);
    float[] w = random.weights(11 * 6);
    float[] h = random.weights(5 * 6);
    Divergences made = divergences(11, 6, h, h, w, w, 1);
    assertThat(made.forward()).containsOnly(0);
    assertThat(made.byRows()).containsOnly(0);
    float[] moved = h.clone();
    moved[0] += 0.1f;
    assertThat(divergences(11, 6, moved, h, w, w, 1).forward()[0]).isPositive();
  }

  /** KL(p ‖ q), KL(q ‖ p), and the latter's gradient by the hidden states. */
  private record Divergences(float[] forward, float[] reverse, float[] byRows) {}

  private Divergences divergences(
      int vocabulary, int width, float[] h, float[] hq, float[] w, float[] wq, double temperature)
      throws IOException {
    ModelConfig config = TinyConfig.llama(folder, vocabulary, width);
    try (Network network = new Network(config);
        Parameters parameters = head(config, w);
        Parameters other = head(config, wq);
        HeadCopy otherHead = new HeadCopy(other.list().get(0), Precision.FP32, Placement.HOST);
        NDManager scope = Torch.manager()) {
      Shape shape = new Shape(h.length / width, width);
      NDArray rows = scope.create(h, shape);
      NDArray otherRows = scope.create(hq, shape);
      NDArray t = scope.create(temperature);
      NDList both = network.divergences(parameters, rows, otherRows, otherHead.array(), t);
      float[] ones = new float[h.length / width];
      Arrays.fill(ones, 1);
      NDArray byRows =
          network.divergencesBackward(
              parameters,
              rows,
              otherRows,
              otherHead.array(),
              t,
              scope.create(ones),
              Torch.zeros(scope, width, vocabulary));
      return new Divergences(
          both.get(0).toFloatArray(), both.get(1).toFloatArray(), byRows.toFloatArray());
    }
  }

  private static Parameters head(ModelConfig config, float[] weights) {
    Parameters parameters = Parameters.zeros(config.languageModelParameters());
    parameters.changeTensors(
        0, parts -> parts.values().forEach(head -> head.put(0, head.rows(), weights)));
    return parameters;
  }

  private static double[] softmax(
      float[] h, float[] w, int row, int width, int vocabulary, double temperature) {
    double[] e = new double[vocabulary];
    for (int v = 0; v < vocabulary; v++) {
      double z = 0;
      for (int c = 0; c < width; c++) {
        z += (double) h[row * width + c] * w[v * width + c];
      }
      e[v] = Math.exp(z / temperature);
    }
    double total = IntStream.range(0, vocabulary).mapToDouble(v -> e[v]).sum();
    return Arrays.stream(e).map(x -> x / total).toArray();
  }
}
