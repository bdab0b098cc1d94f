package org.rlhf4j.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;
import org.rlhf4j.rollout.kl.KlEstimator;

class ExperienceTest {

  private static Rollout rollout() {
    int[] prompt = {5};
    Completion first =
        new Completion(
            new int[] {7, 0},
            true,
            "",
            2,
            new float[] {-1, -2},
            new float[] {-1.5f, -1.5f},
            new float[] {0.5f, 1});
    Completion second =
        new Completion(
            new int[] {8},
            false,
            "",
            -1,
            new float[] {-0.5f},
            new float[] {-1.5f},
            new float[] {0});
    return new Rollout(
        List.of(
            new RolloutGroup(0, null, prompt, null, List.of(first)),
            new RolloutGroup(1, null, prompt, null, List.of(second))));
  }

  @Test
  void handWorked() {
    Experience experience =
        Experience.of(
            rollout(),
            new double[] {2, -2},
            0.1,
            KlEstimator.K1,
            AdvantageRule.gae(1, 0.5),
            2,
            null);
    // k1: 0.5, −0.5 and 1;  rewards: −0.05, 0.05 + 2 = 2.05 and −0.1 − 2 = −2.1
    // δ: −0.05 + 1 − 0.5 = 0.45, 2.05 − 1 = 1.05 and −2.1
    // A: 0.45 + 0.5 · 1.05 = 0.975, 1.05 and −2.1;  G = A + V: 1.475, 2.05 and −2.1
    assertThat(experience.returns()[0]).containsExactly(new float[] {1.475f, 2.05f}, within(1e-5f));
    assertThat(experience.returns()[1]).containsExactly(new float[] {-2.1f}, within(1e-5f));
    // (−0.05 + 2.05 − 2.1) / 2 completions
    assertThat(experience.penalizedReward()).isCloseTo(-0.05, within(1e-7));
    // mean A −0.025, deviations 1, 1.075, −2.075, variance (1 + 1.155625 + 4.305625) / 2 = 3.230625
    assertThat(experience.advantages()[0])
        .containsExactly(new float[] {0.5563629f, 0.5980901f}, within(1e-5f));
    assertThat(experience.advantages()[1])
        .containsExactly(new float[] {-1.1544530f}, within(1e-5f));
    assertThat(experience.oldValues()[0]).containsExactly(0.5f, 1);
    assertThat(experience.oldLogprobs()[1]).containsExactly(-0.5f);
    assertThat(experience.refLogprobs()[1]).containsExactly(-1.5f);
  }

  @Test
  void withoutKlInTheRewardOnlyTheScoreIsLeft() {
    Experience experience =
        Experience.of(
            rollout(), new double[] {2, -2}, 0, KlEstimator.K1, AdvantageRule.gae(1, 1), 2, null);
    assertThat(experience.returns()[0]).containsExactly(new float[] {2, 2}, within(1e-6f));
    assertThat(experience.penalizedReward()).isZero();
  }

  /** Mean 0 and variance 1 aren't wanted: REINFORCE and A2C as they are written. */
  @Test
  void unwhitenedAdvantagesAreThePlainOnes() {
    AdvantageRule a2c =
        new AdvantageRule(AdvantageEstimator.GAE, Baseline.CRITIC, 1, 0.5, 1, false);
    Experience experience =
        Experience.of(rollout(), new double[] {2, -2}, 0.1, KlEstimator.K1, a2c, 2, null);
    // As worked above
    assertThat(experience.advantages()[0])
        .containsExactly(new float[] {0.975f, 1.05f}, within(1e-5f));
    assertThat(experience.advantages()[1]).containsExactly(new float[] {-2.1f}, within(1e-5f));
    AdvantageRule reinforce =
        new AdvantageRule(AdvantageEstimator.GAE, Baseline.NONE, 1, 0.5, 1, false);
    Experience plain =
        Experience.of(rollout(), new double[] {2, -2}, 0.1, KlEstimator.K1, reinforce, 2, null);
    // Rewards −0.05, 2.05 and −2.1: to go 2, 2.05 and −2.1, whatever the critic says
    assertThat(plain.advantages()[0]).containsExactly(new float[] {2, 2.05f}, within(1e-5f));
    assertThat(plain.advantages()[1]).containsExactly(new float[] {-2.1f}, within(1e-5f));
    // The critic learns what it did
    assertThat(plain.returns()).isDeepEqualTo(experience.returns());
  }

  /** The second completion was cut: neither its score is paid nor a penalty. */
  @Test
  void whatIsInterruptedHasTheCriticsWord() {
    Experience experience =
        Experience.of(
            rollout(),
            new double[] {2, -2},
            0.1,
            KlEstimator.K1,
            AdvantageRule.gae(0.9, 1),
            2,
            new double[] {0, 3});
    // δ = −0.1 · 1 + 0.9 · 3 − 0 = 2.6
    assertThat(experience.returns()[1]).containsExactly(new float[] {2.6f}, within(1e-5f));
    // The first ended: 2.05 − 1 = 1.05 and −0.05 + 0.9 − 0.5 + 0.9 · 1.05 = 1.295, plus V
    assertThat(experience.returns()[0]).containsExactly(new float[] {1.795f, 2.05f}, within(1e-5f));
    // (−0.05 + 2.05 − 0.1) / 2 completions
    assertThat(experience.penalizedReward()).isCloseTo(0.95, within(1e-7));
  }

  @Test
  void k3CostsBothWays() {
    Experience experience =
        Experience.of(
            rollout(), new double[] {0, 0}, 1, KlEstimator.K3, AdvantageRule.gae(1, 1), 2, null);
    // e^−0.5 − 1 + 0.5 = 0.1065307 and e^0.5 − 1 − 0.5 = 0.1487213;  e^−1 − 1 + 1 = 0.3678794
    assertThat(experience.returns()[0])
        .containsExactly(new float[] {-0.2552520f, -0.1487213f}, within(1e-6f));
    assertThat(experience.returns()[1]).containsExactly(new float[] {-0.3678794f}, within(1e-6f));
  }

  @Test
  void handWorkedExplainedVariance() {
    // G 1, 3, 5, mean 3, variance (4 + 0 + 4) / 3;  G − V: 0, 1, −1, variance (0 + 1 + 1) / 3
    assertThat(explained(new float[][] {{1, 3}, {5}}, new float[][] {{1, 2}, {6}}))
        .isCloseTo(0.75, within(1e-9));
    // a constant error explains all, and no critic at all explains nothing
    assertThat(explained(new float[][] {{1, 3}, {5}}, new float[][] {{2, 4}, {6}}))
        .isCloseTo(1, within(1e-9));
    assertThat(explained(new float[][] {{1, 3}, {5}}, new float[][] {{7, 7}, {7}}))
        .isCloseTo(0, within(1e-9));
  }

  @Test
  void returnsThatDontVaryExplainNothing() {
    assertThat(explained(new float[][] {{0.1f, 0.1f}, {0.1f}}, new float[][] {{1, 2}, {3}}))
        .isZero();
    float[] constant = new float[1001];
    Arrays.fill(constant, 0.7f);
    float[] values = new float[1001];
    values[5] = 1;
    assertThat(explained(new float[][] {constant}, new float[][] {values})).isZero();
  }

  /** Far from 0, where a difference of large squares has no digits left. */
  @Test
  void explainedVarianceKeepsItsDigitsFarFromZero() {
    float[][] returns = {{1e6f + 1, 1e6f + 3}, {1e6f + 5}};
    float[][] values = {{1, 2}, {6}};
    assertThat(explained(returns, values)).isCloseTo(0.75, within(1e-9));
    // As far as floats tell whole numbers apart, and with a mean that isn't one, 16777214 1/3:
    // deviations −4/3, −1/3, 5/3, squares 42/9;  G − V: 1, 0, 1, squares 6/9
    returns = new float[][] {{16777213, 16777214}, {16777216}};
    values = new float[][] {{16777212, 16777214}, {16777215}};
    assertThat(explained(returns, values)).isCloseTo(1 - 6 / 42.0, within(1e-6));
  }

  private static double explained(float[][] returns, float[][] values) {
    return Experience.explainedVariance(returns, values);
  }
}
