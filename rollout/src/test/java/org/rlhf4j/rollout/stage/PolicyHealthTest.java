package org.rlhf4j.rollout.stage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.training.health.HealthCheck;
import org.rlhf4j.training.health.HealthWarning;
import org.rlhf4j.training.health.HealthWatch;
import org.rlhf4j.training.run.Metrics;

/** Each check on a run made to set it off, beside one just short of that. */
class PolicyHealthTest {

  /** What a policy run that learns well measures in one of 60 steps. */
  private static Metrics healthy(int step) {
    return new Metrics()
        .put("reward", 1 + step / 20.0)
        .put("reward_std", 2)
        .put("kl", step / 10.0)
        .put("completion_length", 40)
        .put("repetition", 0.05)
        .put("ended", 0.9)
        .put("entropy", 2 - step / 60.0)
        .put("clip_fraction", 0.1)
        .put("grad_norm", 0.5 + step % 3);
  }

  private static List<HealthWarning> warnings(int steps, String changed, IntToDoubleFunction to) {
    HealthWatch watch = new HealthWatch(PolicyHealth.CHECKS, Precision.FP32);
    List<HealthWarning> warnings = new ArrayList<>();
    for (int step = 1; step <= steps; step++) {
      Metrics metrics = new Metrics();
      double value = to.applyAsDouble(step);
      healthy(step)
          .values()
          .forEach((name, usual) -> metrics.put(name, name.equals(changed) ? value : usual));
      if (metrics.get(changed).isEmpty()) {
        metrics.put(changed, value);
      }
      warnings.addAll(watch.add(step, metrics));
    }
    return warnings;
  }

  private static void fires(
      HealthCheck check, int atStep, int steps, String changed, IntToDoubleFunction to) {
    List<HealthWarning> warnings = warnings(steps, changed, to);
    assertThat(warnings).extracting(HealthWarning::check).containsExactly(check);
    assertThat(warnings.get(0).step()).isEqualTo(atStep);
    assertThat(warnings.get(0).advice()).isEqualTo(check.advice()).isNotBlank();
  }

  private static void isQuiet(int steps, String changed, IntToDoubleFunction to) {
    assertThat(warnings(steps, changed, to)).isEmpty();
  }

  @Test
  void aRunThatLearnsSetsNoneOff() {
    isQuiet(60, "loss", step -> 0);
  }

  @Test
  void answersCut() {
    fires(PolicyHealth.COMPLETIONS_CUT, 3, 5, "ended", step -> 0.04);
    isQuiet(5, "ended", step -> 0.06);
    // one good step in three: (0 + 0 + 0.3) / 3 = 0.1
    isQuiet(60, "ended", step -> step % 3 == 0 ? 0.3 : 0);
  }

  @Test
  void equalRewards() {
    fires(PolicyHealth.EQUAL_REWARDS, 3, 5, "reward_std", step -> 0);
    isQuiet(60, "reward_std", step -> step % 3 == 0 ? 1 : 0);
  }

  /** A tenth of the spread of 2 is 0.2, over the last ten of 50 steps against the first ten. */
  @Test
  void rewardFlat() {
    fires(PolicyHealth.REWARD_FLAT, 50, 60, "reward", step -> step > 40 ? 1.19 : 1);
    isQuiet(60, "reward", step -> step > 40 ? 1.21 : 1);
    isQuiet(49, "reward", step -> 1);
  }

  /**
   * Ten steps in which nothing succeeds have no spread to compare the successes after them with.
   */
  @Test
  void aRewardThatRisesFromNothingIsNotFlat() {
    HealthWatch watch = new HealthWatch(PolicyHealth.CHECKS, Precision.FP32);
    for (int step = 1; step <= 60; step++) {
      double reward = step > 10 ? 0.9 : 0;
      Metrics metrics = new Metrics().put("reward", reward).put("reward_std", step > 10 ? 0.3 : 0);
      assertThat(watch.add(step, metrics))
          .noneMatch(warning -> warning.check().equals(PolicyHealth.REWARD_FLAT));
    }
  }

  @Test
  void entropyCollapse() {
    // steps 6 to 10 against 1 to 5
    fires(PolicyHealth.ENTROPY_COLLAPSE, 10, 20, "entropy", step -> step > 5 ? 0.49 : 2);
    isQuiet(20, "entropy", step -> step > 5 ? 0.51 : 2);
  }

  /** The healthy reward is 0.5 above its first five steps' once the mean step rose by 10. */
  @Test
  void rewardFarFromTheReference() {
    // above a quarter of the spread of 2: (step − 2 − 3) / 20 > 0.5, so from step 16 on
    fires(PolicyHealth.REWARD_WITH_KL, 16, 30, "kl", step -> 25.1);
    isQuiet(30, "kl", step -> 20); // half a nat for each of 40 tokens
    isQuiet(30, "kl", step -> 19.9);
  }

  @Test
  void halfANatATokenIsFarToo() {
    // 15 nats are far for 20 tokens: the length is 20 from the start, so it hasn't changed
    HealthWatch watch = new HealthWatch(PolicyHealth.CHECKS, Precision.FP32);
    List<HealthWarning> warnings = new ArrayList<>();
    for (int step = 1; step <= 20; step++) {
      warnings.addAll(
          watch.add(
              step,
              new Metrics()
                  .put("reward", step)
                  .put("reward_std", 1)
                  .put("kl", 15)
                  .put("completion_length", 20)));
    }
    assertThat(warnings)
        .extracting(HealthWarning::check)
        .containsExactly(PolicyHealth.REWARD_WITH_KL);
  }

  @Test
  void rewardWithLength() {
    fires(PolicyHealth.REWARD_WITH_LENGTH, 16, 30, "completion_length", step -> step > 5 ? 61 : 40);
    fires(PolicyHealth.REWARD_WITH_LENGTH, 16, 30, "completion_length", step -> step > 5 ? 19 : 40);
    isQuiet(30, "completion_length", step -> step > 5 ? 59 : 40);
  }

  @Test
  void lengthAloneIsNoReason() {
    HealthWatch watch = new HealthWatch(PolicyHealth.CHECKS, Precision.FP32);
    for (int step = 1; step <= 40; step++) {
      assertThat(
              watch.add(
                  step,
                  new Metrics()
                      .put("reward", 1)
                      .put("reward_std", 1)
                      .put("completion_length", 10 * step)))
          .isEmpty();
    }
  }

  @Test
  void rewardWithRepetition() {
    fires(PolicyHealth.REWARD_WITH_REPETITION, 16, 30, "repetition", step -> step > 5 ? 0.31 : 0.1);
    isQuiet(30, "repetition", step -> step > 5 ? 0.29 : 0.1);
  }

  @Test
  void updatesTooLarge() {
    fires(PolicyHealth.UPDATES_TOO_LARGE, 3, 5, "clip_fraction", step -> 0.31);
    isQuiet(5, "clip_fraction", step -> 0.29);
  }

  @Test
  void notTheSampler() {
    fires(
        PolicyHealth.NOT_THE_SAMPLER, 7, 10, "on_policy_error", step -> step == 7 ? 1.1e-4 : 2e-5);
    isQuiet(10, "on_policy_error", step -> 9e-5);
    HealthWatch rounded = new HealthWatch(PolicyHealth.CHECKS, Precision.BF16);
    assertThat(rounded.add(1, new Metrics().put("on_policy_error", 0.9))).isEmpty();
    assertThat(rounded.add(2, new Metrics().put("on_policy_error", 1.1))).hasSize(1);
  }

  @Test
  void farSampler() {
    fires(PolicyHealth.FAR_SAMPLER, 4, 6, "behaviour_error_mean", step -> step < 4 ? 0.01 : 0.051);
    isQuiet(6, "behaviour_error_mean", step -> 0.049);
  }

  @Test
  void serversLost() {
    fires(PolicyHealth.SERVERS_LOST, 4, 6, "servers_lost", step -> step < 4 ? 0 : 1);
    isQuiet(6, "servers_lost", step -> 0);
  }

  @Test
  void worseThanTheReference() {
    fires(
        PolicyHealth.WORSE_THAN_REFERENCE,
        4,
        10,
        "eval_difference_high",
        step -> step < 4 ? 0.01 : -0.01);
    isQuiet(10, "eval_difference_high", step -> 0.01);
    isQuiet(10, "eval_difference_low", step -> -1);
  }
}
