package org.rlhf4j.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;
import org.rlhf4j.rollout.kl.KlEstimator;

class GroupExperienceTest {

  private static Completion completion(boolean ended, double score, float... logprobs) {
    int[] ids = new int[logprobs.length];
    return new Completion(ids, ended, "", score, logprobs, new float[ids.length], null);
  }

  /** Two groups of two: the second one's rewards are equal, its first completion was cut. */
  private static Rollout rollout() {
    int[] prompt = {5};
    return new Rollout(
        List.of(
            new RolloutGroup(
                0,
                null,
                prompt,
                null,
                List.of(completion(true, 1, -1, -2), completion(true, 3, -0.5f))),
            new RolloutGroup(
                1,
                null,
                prompt,
                null,
                List.of(completion(false, 2, -1, -1, -1), completion(true, 2, -2, -1)))));
  }

  private static GroupExperience experience(double coefficient, boolean maskCut) {
    Rollout rollout = rollout();
    return GroupExperience.of(
        rollout,
        rollout.scores(),
        coefficient,
        KlEstimator.K1,
        GroupAdvantages.MEAN_ONLY.start(),
        maskCut,
        10,
        2);
  }

  @Test
  void handWorked() {
    GroupExperience experience = experience(0, false);
    // 1 − 2, 3 − 2;  2 − 2, 2 − 2
    assertThat(experience.advantages()).containsExactly(-1, 1, 0, 0);
    assertThat(experience.tokenAdvantages())
        .isDeepEqualTo(new float[][] {{-1, -1}, {1}, {0, 0, 0}, {0, 0}});
    assertThat(experience.equalRewardGroups()).isEqualTo(1);
    assertThat(experience.penalizedReward()).isEqualTo(2);
    assertThat(experience.takesPart()).containsOnly(true);
    assertThat(experience.oldLogprobs()[3]).containsExactly(-2, -1);
    assertThat(experience.refLogprobs()[3]).containsExactly(0, 0);
  }

  /** The first batch's own mean is its baseline; a group of equal rewards teaches all the same. */
  @Test
  void aRunningMeanIsThatOfTheBatch() {
    Rollout rollout = rollout();
    GroupExperience experience =
        GroupExperience.of(
            rollout, rollout.scores(), 0, KlEstimator.K1, new RunningMean(), false, 10, 2);
    // 1, 3, 2, 2 less their mean 2
    assertThat(experience.advantages()).containsExactly(-1, 1, 0, 0);
    RunningMean later = new RunningMean();
    later.restoreCounters(Map.of("running_mean", 1.5));
    GroupExperience second =
        GroupExperience.of(rollout, rollout.scores(), 0, KlEstimator.K1, later, false, 10, 2);
    assertThat(second.advantages()).containsExactly(-0.5, 1.5, 0.5, 0.5);
    assertThat(second.equalRewardGroups()).isZero();
  }

  @Test
  void klInTheRewardIsSummedOverTheCompletion() {
    GroupExperience experience = experience(0.1, false);
    // k1 sums −3, −0.5, −3, −3, so rewards 1.3, 3.05, 2.3, 2.3 with means 2.175 and 2.3
    assertThat(experience.advantages())
        .containsExactly(new double[] {-0.875, 0.875, 0, 0}, within(1e-12));
    // (1.3 + 3.05 + 2.3 + 2.3) / 4
    assertThat(experience.penalizedReward()).isCloseTo(2.2375, within(1e-12));
  }

  @Test
  void aMaskedCompletionLeavesTheTokensAndStaysInItsGroup() {
    GroupExperience masked = experience(0, true);
    assertThat(masked.takesPart()).containsExactly(true, true, false, true);
    assertThat(masked.advantages()).isEqualTo(experience(0, false).advantages());
    // Of 2 + 1 + 3 + 2 tokens the cut completion's 3 are gone; it counts in its group of 2.
    assertThat(masked.weights(GrpoLoss.GRPO))
        .containsExactly(new double[] {1 / 8.0, 1 / 4.0, 0, 1 / 8.0}, within(1e-15));
    assertThat(masked.weights(GrpoLoss.DAPO))
        .containsExactly(new double[] {0.2, 0.2, 0, 0.2}, within(1e-15));
    assertThat(masked.weights(GrpoLoss.DR_GRPO))
        .containsExactly(new double[] {1 / 40.0, 1 / 40.0, 0, 1 / 40.0}, within(1e-15));
  }

  /** The second group lost a completion to which no reward applied: it is one of 1, worth 0. */
  @Test
  void groupsMayDifferInSize() {
    List<RolloutGroup> whole = rollout().groups();
    Completion left = whole.get(1).completions().get(1);
    Rollout judged =
        new Rollout(
            List.of(whole.get(0), new RolloutGroup(1, null, new int[] {5}, null, List.of(left))));
    for (GroupAdvantages name :
        List.of(GroupAdvantages.GROUP, GroupAdvantages.MEAN_ONLY, GroupAdvantages.LEAVE_ONE_OUT)) {
      GroupExperience experience =
          GroupExperience.of(
              judged, judged.scores(), 0, KlEstimator.K1, name.start(), false, 10, 2);
      assertThat(experience.advantages()[0]).isNegative();
      assertThat(experience.advantages()[1]).isPositive();
      assertThat(experience.advantages()[2]).isZero();
      // 1 / (2 groups · 2 completions · 2 tokens), 1 / (2 · 2 · 1), 1 / (2 · 1 · 2)
      assertThat(experience.weights(GrpoLoss.GRPO))
          .containsExactly(new double[] {1 / 8.0, 1 / 4.0, 1 / 4.0}, within(1e-15));
    }
  }
}
