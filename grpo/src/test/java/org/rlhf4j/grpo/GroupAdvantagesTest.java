package org.rlhf4j.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class GroupAdvantagesTest {
  private static final double[] REWARDS = {1, 2, 4};

  @Test
  void handWorkedGroup() {
    // mean 7/3; squares of deviations 16/9, 1/9, 25/9, over n − 1: 7/3, its root 1.5275252
    // −4/3, −1/3 and 5/3, each over 1.5275252 + 0.0001
    assertThat(GroupAdvantages.GROUP.start().of(REWARDS))
        .containsExactly(new double[] {-0.8728144, -0.2182036, 1.0910180}, within(1e-7));
  }

  @Test
  void handWorkedMeanOnly() {
    assertThat(GroupAdvantages.MEAN_ONLY.start().of(REWARDS))
        .containsExactly(new double[] {-1.3333333, -0.3333333, 1.6666667}, within(1e-7));
  }

  @Test
  void handWorkedLeaveOneOut() {
    // 1 − (2 + 4) / 2, 2 − (1 + 4) / 2, 4 − (1 + 2) / 2
    assertThat(GroupAdvantages.LEAVE_ONE_OUT.start().of(REWARDS)).containsExactly(-2, -0.5, 2.5);
  }

  @Test
  void aRunningMeanNeedsNoOthers() {
    assertThat(GroupAdvantages.values())
        .filteredOn(GroupAdvantages::needsOthers)
        .containsExactly(
            GroupAdvantages.GROUP, GroupAdvantages.MEAN_ONLY, GroupAdvantages.LEAVE_ONE_OUT);
    assertThat(GroupAdvantages.NONE.start().of(REWARDS)).containsExactly(REWARDS);
    Advantages running = GroupAdvantages.RUNNING_MEAN.start();
    running.begin(REWARDS);
    // the batch's own mean, 7/3
    assertThat(running.of(REWARDS))
        .containsExactly(new double[] {-1.3333333, -0.3333333, 1.6666667}, within(1e-7));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 7, 13})
  void agreeWithPlainLoops(int size) {
    double[] r = new Random(size).doubles(size, -5, 5).toArray();
    double[] group = GroupAdvantages.GROUP.start().of(r);
    double[] meanOnly = GroupAdvantages.MEAN_ONLY.start().of(r);
    double[] leaveOneOut = GroupAdvantages.LEAVE_ONE_OUT.start().of(r);
    for (int i = 0; i < size; i++) {
      double sum = 0;
      double others = 0;
      for (int j = 0; j < size; j++) {
        sum += r[j];
        others += j == i ? 0 : r[j];
      }
      double mean = sum / size;
      double squares = 0;
      for (int j = 0; j < size; j++) {
        squares += (r[j] - mean) * (r[j] - mean);
      }
      double deviation = Math.sqrt(squares / (size - 1));
      assertThat(group[i]).isCloseTo((r[i] - mean) / (deviation + 1e-4), within(1e-12));
      assertThat(meanOnly[i]).isCloseTo(r[i] - mean, within(1e-12));
      assertThat(leaveOneOut[i]).isCloseTo(r[i] - others / (size - 1), within(1e-12));
    }
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"RUNNING_MEAN", "NONE"})
  void equalRewardsTeachNothing(GroupAdvantages advantages) {
    assertThat(advantages.start().of(new double[] {0.1, 0.1, 0.1})).containsOnly(0);
    assertThat(advantages.start().of(new double[] {-7, -7})).containsOnly(0);
    assertThat(advantages.start().of(new double[] {0.1, 0.1, 0.2})).doesNotContain(0);
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"RUNNING_MEAN", "NONE"})
  void theySumToZeroAndKeepTheOrder(GroupAdvantages advantages) {
    double[] rewards = new Random(1).doubles(9, -5, 5).sorted().toArray();
    double[] made = advantages.start().of(rewards);
    assertThat(Arrays.stream(made).sum()).isCloseTo(0, within(1e-12));
    assertThat(made).isSorted();
  }

  /** A reward's scale matters unless it is divided out. */
  @Test
  void onlyGroupDividesByTheDeviation() {
    double[] tenfold = {10, 20, 40};
    assertThat(GroupAdvantages.GROUP.start().of(tenfold))
        .containsExactly(GroupAdvantages.GROUP.start().of(REWARDS), within(1e-3));
    for (GroupAdvantages kept :
        new GroupAdvantages[] {GroupAdvantages.MEAN_ONLY, GroupAdvantages.LEAVE_ONE_OUT}) {
      assertThat(kept.start().of(tenfold)[0])
          .isCloseTo(10 * kept.start().of(REWARDS)[0], within(1e-12));
    }
  }

  /** r − mean of the others = (r − mean of all) · n / (n − 1). */
  @Test
  void leaveOneOutIsMeanOnlyScaled() {
    double[] rewards = new Random(2).doubles(7).toArray();
    double[] scaled =
        Arrays.stream(GroupAdvantages.MEAN_ONLY.start().of(rewards)).map(a -> a * 7 / 6).toArray();
    assertThat(GroupAdvantages.LEAVE_ONE_OUT.start().of(rewards))
        .containsExactly(scaled, within(1e-12));
  }
}
