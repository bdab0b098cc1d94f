package org.rlhf4j.rollout.ratio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.rlhf4j.model.torch.Torch;

class RatioStatisticsTest {

  @Test
  void handWorked() {
    RatioStatistics ratios = new RatioStatistics();
    ratios.add(0, 1, false);
    ratios.add(Math.log(2), 2, true);
    ratios.add(-Math.log(2), 4.5, false);
    // ρ: 1, 2, 0.5
    assertThat(ratios.ratioMean()).isCloseTo(3.5 / 3, within(1e-12));
    assertThat(ratios.ratioMax()).isCloseTo(2, within(1e-12));
    // ρ − 1 − log ρ: 0, 2 − 1 − 0.6931472 = 0.3068528, 0.5 − 1 + 0.6931472 = 0.1931472
    assertThat(ratios.approxKl()).isCloseTo(0.5 / 3, within(1e-12));
    assertThat(ratios.clipFraction()).isCloseTo(1 / 3.0, within(1e-12));
    assertThat(ratios.entropy()).isEqualTo(2.5);
    assertThat(ratios.farthest()).isCloseTo(0.6931472, within(1e-7));
  }

  /** Tokens of earlier steps are counted apart, over all updates. */
  @Test
  void handWorkedWithReplayedTokens() {
    RatioStatistics all = new RatioStatistics();
    assertThat(all.replayedMetrics().values()).isEmpty();
    try (NDManager manager = Torch.manager()) {
      for (int update = 0; update < 2; update++) {
        RatioStatistics ratios = new RatioStatistics();
        NDArray logRatios =
            manager.create(new float[] {0, (float) Math.log(4), (float) Math.log(2)});
        NDArray entropies = manager.create(new float[] {1, 9, 9});
        ratios.addAll(logRatios, entropies, t -> t == 1, new boolean[] {false, true, true});
        all.add(ratios);
      }
    }
    assertThat(all.ratioMax()).isEqualTo(1);
    assertThat(all.farthest()).isZero();
    assertThat(all.clipFraction()).isZero();
    assertThat(all.entropy()).isEqualTo(1);
    Map<String, Double> replayed = all.replayedMetrics().values();
    assertThat(replayed.get("replayed_ratio_mean")).isCloseTo(3, within(1e-6));
    assertThat(replayed.get("replayed_ratio_max")).isCloseTo(4, within(1e-6));
    assertThat(replayed.get("replayed_clip_fraction")).isEqualTo(0.5);
  }

  /** The farthest and the largest needn't come last, nor be the same one, nor be above 1. */
  @Test
  void handWorkedBelowOne() {
    RatioStatistics first = new RatioStatistics();
    first.add(-Math.log(4), 1, true);
    first.add(-Math.log(2), 1, true);
    RatioStatistics second = new RatioStatistics();
    second.add(-Math.log(3), 4, false);
    // ρ: 1/4, 1/2, 1/3
    assertThat(first.ratioMax()).isCloseTo(0.5, within(1e-12));
    assertThat(first.farthest()).isCloseTo(1.3862944, within(1e-7));
    // 1/4 − 1 + 1.3862944 = 0.6362944 and 1/2 − 1 + 0.6931472 = 0.1931472
    assertThat(first.approxKl()).isCloseTo((0.6362944 + 0.1931472) / 2, within(1e-7));
    first.add(second);
    assertThat(first.ratioMax()).isCloseTo(0.5, within(1e-12));
    assertThat(first.farthest()).isCloseTo(1.3862944, within(1e-7));
    // 1/3 − 1 + 1.0986123 = 0.4319456
    assertThat(first.approxKl()).isCloseTo((0.6362944 + 0.1931472 + 0.4319456) / 3, within(1e-7));
    assertThat(first.ratioMean()).isCloseTo(13 / 36.0, within(1e-12));
    assertThat(first.clipFraction()).isCloseTo(2 / 3.0, within(1e-12));
    assertThat(first.entropy()).isEqualTo(2);
  }

  @Test
  void aPassAddsItsTokens() {
    try (NDManager manager = Torch.manager()) {
      RatioStatistics ratios = new RatioStatistics();
      NDArray logRatios = manager.create(new float[] {(float) Math.log(2), 0, (float) Math.log(6)});
      ratios.addAll(logRatios, manager.create(new float[] {1, 3, 0.5f}), t -> t == 2);
      // ρ: 2, 1, 6
      assertThat(ratios.ratioMean()).isCloseTo(3, within(1e-6));
      assertThat(ratios.ratioMax()).isCloseTo(6, within(1e-6));
      assertThat(ratios.entropy()).isEqualTo(1.5);
      assertThat(ratios.clipFraction()).isCloseTo(1 / 3.0, within(1e-12));
    }
  }

  /** e⁸⁰⁰ is beyond doubles; e⁴⁰ = 2.3538527e17 stands for it. */
  @Test
  void aFarTokensRatioIsFinite() {
    RatioStatistics ratios = new RatioStatistics();
    ratios.add(800, 1, false);
    assertThat(ratios.ratioMax()).isCloseTo(2.3538527e17, within(1e10));
    assertThat(ratios.approxKl()).isCloseTo(2.3538527e17, within(1e10));
    assertThat(ratios.farthest()).isEqualTo(800);
  }

  /** Updates of different sizes: tokens weigh the same, not updates. */
  @Test
  void addedUpEqualsOneAfterTheOther() {
    Random random = new Random(3);
    RatioStatistics all = new RatioStatistics();
    RatioStatistics sum = new RatioStatistics();
    double meanOfMeans = 0;
    for (int size : new int[] {1, 7, 13}) {
      RatioStatistics part = new RatioStatistics();
      for (int t = 0; t < size; t++) {
        double logRatio = random.nextGaussian();
        boolean clipped = random.nextBoolean();
        all.add(logRatio, size, clipped);
        part.add(logRatio, size, clipped);
      }
      sum.add(part);
      meanOfMeans += part.entropy() / 3;
    }
    assertThat(sum.ratioMean()).isCloseTo(all.ratioMean(), within(1e-12));
    assertThat(sum.ratioMax()).isEqualTo(all.ratioMax());
    assertThat(sum.farthest()).isEqualTo(all.farthest());
    assertThat(sum.approxKl()).isCloseTo(all.approxKl(), within(1e-12));
    assertThat(sum.clipFraction()).isEqualTo(all.clipFraction());
    // (1 · 1 + 7 · 7 + 13 · 13) / 21 tokens, where a mean of means is (1 + 7 + 13) / 3
    assertThat(sum.entropy()).isCloseTo(219 / 21.0, within(1e-12));
    assertThat(meanOfMeans).isCloseTo(7, within(1e-12));
  }
}
