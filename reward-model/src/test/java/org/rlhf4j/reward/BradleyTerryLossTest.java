package org.rlhf4j.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.rlhf4j.model.TokenTree;

class BradleyTerryLossTest {

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager("PyTorch");
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private float[] loss(float[] better, float[] worse, float[] margins, double centering) {
    return BradleyTerryLoss.of(
            manager.create(better), manager.create(worse), manager.create(margins), centering)
        .toFloatArray();
  }

  @Test
  void handWorkedPairs() {
    // r_w 2, r_l 0.5: −log σ(1.5)       = log(1 + e^−1.5) = log 1.2231302 = 0.2014133
    // r_w −1, r_l 1:  −log σ(−2)        = log(1 + e^2)    = log 8.3890561 = 2.1269280
    // r_w 2, r_l 0.5, margin 1: −log σ(0.5) = log(1 + e^−0.5) = log 1.6065307 = 0.4740770
    assertThat(loss(new float[] {2, -1, 2}, new float[] {0.5f, 1, 0.5f}, new float[] {0, 0, 1}, 0))
        .containsExactly(new float[] {0.2014133f, 2.1269280f, 0.4740770f}, within(1e-5f));
  }

  @Test
  void handWorkedCentering() {
    // r_w 2, r_l 0.5: 0.2014133 + 0.1 · (2 + 0.5)² = 0.2014133 + 0.625 = 0.8264133
    assertThat(loss(new float[] {2}, new float[] {0.5f}, new float[] {0}, 0.1))
        .containsExactly(new float[] {0.8264133f}, within(1e-5f));
    // and 0.2014133 + 1 · 6.25
    assertThat(loss(new float[] {2}, new float[] {0.5f}, new float[] {0}, 1))
        .containsExactly(new float[] {6.4514133f}, within(1e-5f));
  }

  /** (2 · 10²⁰)² is infinite in fp32, and 0 times that no number: −log σ(0) = log 2. */
  @Test
  void withoutCenteringNothingIsSquared() {
    assertThat(loss(new float[] {1e20f}, new float[] {1e20f}, new float[] {0}, 0))
        .containsExactly(new float[] {0.6931472f}, within(1e-6f));
  }

  @Test
  void handWorkedRanking() {
    // One row of scores 1, 0, −1 and one of 0, 0:
    // (−log σ(1) − log σ(2) − log σ(1)) / 3 = (0.3132617 + 0.1269280 + 0.3132617) / 3 = 0.2511505
    // −log σ(0) = log 2 = 0.6931472;  the sum of both rows' means is 0.9442977
    Pairs pairs = Pairs.of(new int[] {3, 2}, new double[] {0, 0});
    NDArray scores = manager.create(new float[] {1, 0, -1, 0, 0});
    assertThat(BradleyTerryLoss.sumOverRows(scores, pairs, 0).getFloat())
        .isCloseTo(0.9442977f, within(1e-5f));
  }

  /** Scores 0, 1, 2 are of a ranking of three, 3 and 4 of a pair. */
  @Test
  void handWorkedPairsOfRows() {
    TokenTree three = new TokenTree(new int[2], List.of(new int[1], new int[4], new int[2]));
    TokenTree two = new TokenTree(new int[1], List.of(new int[3], new int[3]));
    Pairs pairs = Pairs.of(List.of(RewardFixture.row(three, 0.5), RewardFixture.row(two, 0)));
    assertThat(pairs.better()).containsExactly(0, 0, 1, 3);
    assertThat(pairs.worse()).containsExactly(1, 2, 2, 4);
    assertThat(pairs.margins()).containsExactly(0.5f, 0.5f, 0.5f, 0);
    assertThat(pairs.weights()).containsExactly(1 / 3f, 1 / 3f, 1 / 3f, 1);
    assertThat(pairs.rows()).isEqualTo(2);
    assertThat(pairs.count()).isEqualTo(4);
  }

  @Test
  void farApartScoresOverflowNothing() {
    assertThat(loss(new float[] {500, -500}, new float[] {-500, 500}, new float[] {0, 0}, 0))
        .containsExactly(0, 1000);
  }

  @Test
  void agreesWithPlainLoops() {
    Random random = new Random(7);
    int[] completions = {2, 5, 3, 2, 4};
    double[] margins = {0.3, 0, 1.5, 0, 0.1};
    float[] scores = new float[16];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = (float) (3 * random.nextGaussian());
    }
    NDArray loss =
        BradleyTerryLoss.sumOverRows(manager.create(scores), Pairs.of(completions, margins), 0.01);
    assertThat((double) loss.getFloat())
        .isCloseTo(plainSum(scores, completions, margins, 0.01), within(1e-5));
  }

  private static double plainSum(
      float[] scores, int[] completions, double[] margins, double centering) {
    double sum = 0;
    int first = 0;
    for (int row = 0; row < completions.length; row++) {
      double rowSum = 0;
      int pairs = 0;
      for (int i = first; i < first + completions[row]; i++) {
        for (int j = i + 1; j < first + completions[row]; j++) {
          double x = scores[i] - scores[j] - margins[row];
          double both = scores[i] + scores[j];
          rowSum += -Math.log(1 / (1 + Math.exp(-x))) + centering * both * both;
          pairs++;
        }
      }
      sum += rowSum / pairs;
      first += completions[row];
    }
    return sum;
  }
}
