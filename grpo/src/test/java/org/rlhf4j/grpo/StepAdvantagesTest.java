package org.rlhf4j.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;
import org.rlhf4j.settings.UserException;

class StepAdvantagesTest {
  private static final Offset<Double> CLOSE = within(1e-12);
  private static final double NONE = Double.NaN;

  /** Of tokens at which this is paid; null for a score of the whole. */
  private static Completion completion(int length, double score, double... paid) {
    int[] ids = new int[length];
    Arrays.fill(ids, 7);
    double[] tokens = paid.length == 0 ? null : paid;
    return new Completion(ids, true, "", score, Map.of(), tokens, null, null, null, null);
  }

  private static Rollout rollout(List<List<Completion>> groups) {
    List<RolloutGroup> made = new ArrayList<>();
    groups.forEach(
        group -> made.add(new RolloutGroup(made.size(), null, new int[] {5}, null, group)));
    return new Rollout(made);
  }

  /**
   * R = 1, 3 and −1, 2, 5: mean 2, squares 1 + 1 + 9 + 0 + 9 = 20, unbiased variance 5. Of the
   * first completion's tokens: (−1 + 1), 1; of the second's: (−3 + 0 + 3), (0 + 3), 3, 3.
   */
  @Test
  void handWorked() {
    Rollout rollout =
        rollout(List.of(List.of(completion(2, 4, 1, 3), completion(4, 6, -1, 2, NONE, 5))));
    double s = Math.sqrt(5) + 1e-4;
    double[][] advantages =
        StepAdvantages.of(rollout, rollout.scores(), GroupAdvantages.GROUP.start());
    assertThat(advantages[0]).containsExactly(new double[] {0, 1 / s}, CLOSE);
    assertThat(advantages[1]).containsExactly(new double[] {0, 3 / s, 3 / s, 3 / s}, CLOSE);
    double[][] mean =
        StepAdvantages.of(rollout, rollout.scores(), GroupAdvantages.MEAN_ONLY.start());
    assertThat(mean[0]).containsExactly(new double[] {0, 1}, CLOSE);
  }

  /** A penalty of 0.5 for the first; the second has a score of the whole: R = 1, 2.5 and 4. */
  @Test
  void whatIsntPaidAtATokenIsPaidAtTheLast() {
    Rollout rollout = rollout(List.of(List.of(completion(3, 4, 1, NONE, 3), completion(2, 4))));
    double[][] advantages =
        StepAdvantages.of(rollout, new double[] {3.5, 4}, GroupAdvantages.NONE.start());
    assertThat(advantages[0]).containsExactly(new double[] {3.5, 2.5, 2.5}, CLOSE);
    assertThat(advantages[1]).containsExactly(new double[] {4, 4}, CLOSE);
  }

  /** Equation by equation in plain loops. */
  @Test
  void agreesWithPlainLoops() {
    Random random = new Random(4);
    List<List<Completion>> groups = new ArrayList<>();
    for (int g = 0; g < 5; g++) {
      List<Completion> group = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        double[] paid = random.doubles(1 + random.nextInt(6)).toArray();
        for (int t = 0; t < paid.length - 1; t++) {
          paid[t] = random.nextBoolean() ? NONE : paid[t];
        }
        double sum = 0;
        for (double reward : paid) {
          sum += Double.isNaN(reward) ? 0 : reward;
        }
        group.add(completion(paid.length, sum, paid));
      }
      groups.add(group);
    }
    Rollout rollout = rollout(groups);
    double[][] advantages =
        StepAdvantages.of(rollout, rollout.scores(), GroupAdvantages.GROUP.start());
    int i = 0;
    for (List<Completion> group : groups) {
      List<Double> all = new ArrayList<>();
      for (Completion completion : group) {
        for (double reward : completion.tokenRewards()) {
          if (!Double.isNaN(reward)) {
            all.add(reward);
          }
        }
      }
      double mean = all.stream().mapToDouble(r -> r).sum() / all.size();
      double squares = all.stream().mapToDouble(r -> (r - mean) * (r - mean)).sum();
      double deviation = Math.sqrt(squares / (all.size() - 1)) + 1e-4;
      for (Completion completion : group) {
        for (int t = 0; t < completion.length(); t++) {
          double expected = 0;
          for (int j = t; j < completion.length(); j++) {
            double reward = completion.tokenRewards()[j];
            expected += Double.isNaN(reward) ? 0 : (reward - mean) / deviation;
          }
          assertThat(advantages[i][t]).isCloseTo(expected, CLOSE);
        }
        i++;
      }
    }
  }

  /** One step a completion, at its end: the advantages of whole rewards, at every token. */
  @Test
  void wholeRewardsHaveTheAdvantagesOfTheGroup() {
    Rollout rollout =
        rollout(List.of(List.of(completion(2, 1), completion(3, 4), completion(1, -2))));
    double[] whole = GroupAdvantages.GROUP.start().of(rollout, rollout.scores());
    double[][] steps = StepAdvantages.of(rollout, rollout.scores(), GroupAdvantages.GROUP.start());
    for (int i = 0; i < whole.length; i++) {
      assertThat(steps[i]).containsOnly(whole[i]);
    }
  }

  @Test
  void advantagesOfWholeCompletionsAloneAreRefused() {
    Rollout rollout = rollout(List.of(List.of(completion(1, 1, 1.0), completion(1, 2))));
    Advantages raw = GroupAdvantages.GROUP.start();
    for (Advantages whole :
        List.of(new RunningMean(), new BatchScaled(raw), new PartAdvantages(Map.of(), raw))) {
      assertThatThrownBy(() -> StepAdvantages.of(rollout, rollout.scores(), whole))
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith("--reward gives rewards of tokens or lines, which --advantage");
    }
  }
}
