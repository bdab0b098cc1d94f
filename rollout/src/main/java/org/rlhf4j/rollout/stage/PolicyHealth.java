package org.rlhf4j.rollout.stage;

import static org.rlhf4j.training.health.HealthCheck.text;

import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.training.health.HealthCheck;
import org.rlhf4j.training.health.MetricHistory;
import org.rlhf4j.training.health.TrainingHealth;

/**
 * The checks on what ppo and grpo measure: completions, rewards, the KL and the size of updates.
 * The thresholds are rules of thumb, chosen so that a run that learns well sets none of them off.
 */
public final class PolicyHealth {

  /** Steps that show a state. */
  private static final int FEW = 3;

  /** Steps whose mean is compared with that of as many at the start. */
  private static final int SOME = 5;

  /** Nothing teaches the policy to stop, and the reward is read where it was cut. */
  public static final HealthCheck COMPLETIONS_CUT =
      new HealthCheck(
          "completions-cut",
          history -> below(history.recent("ended", FEW), 0.05),
          history ->
              text(
                  "hardly any completion ends by itself (ended %.2f)",
                  history.recent("ended", FEW)),
          "raise --max-new-tokens, or first train the model on completions that end");

  /** Advantages are all 0 then. */
  public static final HealthCheck EQUAL_REWARDS =
      new HealthCheck(
          "equal-rewards",
          history -> below(history.recent("reward_std", FEW), 1e-9),
          history -> "all completions get the same reward, so there is nothing to learn",
          "check the reward on the completions in rollouts.jsonl, or raise --temperature");

  /** Compared with the start, against the spread of the rewards then. */
  public static final HealthCheck REWARD_FLAT =
      new HealthCheck(
          "reward-flat",
          history -> history.count("reward") >= 50 && Math.abs(risen(history, 10)) < 0.1,
          history ->
              text(
                  "the reward hasn't changed since the start (%.4g, now %.4g)",
                  history.start("reward", 10), history.recent("reward", 10)),
          "raise --learning-rate or lower --kl-coefficient");

  /** Below a quarter of what it was. */
  public static final HealthCheck ENTROPY_COLLAPSE =
      new HealthCheck(
          "entropy-collapse",
          history -> history.ratio("entropy", SOME) < 0.25,
          history ->
              changed(
                  "entropy fell from %.3g to %.3g nats per token: all completions become alike",
                  history, "entropy"),
          "lower --learning-rate or raise --kl-coefficient");

  /** More than 25 nats a completion, or more than half a nat a token. */
  public static final HealthCheck REWARD_WITH_KL =
      new HealthCheck(
          "reward-with-kl",
          history -> risen(history, SOME) > 0.25 && isFarFromReference(history),
          history ->
              text(
                  "the reward rises far from the reference (kl %.3g nats a completion)",
                  history.recent("kl", FEW)),
          "raise --kl-coefficient or stop earlier; read samples.jsonl before you trust the reward");

  /** Half as long again, or half as long. */
  public static final HealthCheck REWARD_WITH_LENGTH =
      new HealthCheck(
          "reward-with-length",
          history ->
              risen(history, SOME) > 0.25
                  && (history.ratio("completion_length", SOME) > 1.5
                      || history.ratio("completion_length", SOME) < 0.5),
          history ->
              changed(
                  "the reward rises with the length (%.3g tokens, now %.3g)",
                  history, "completion_length"),
          "check in samples.jsonl whether only length is rewarded; raise --kl-coefficient");

  /** A fifth more of the text. */
  public static final HealthCheck REWARD_WITH_REPETITION =
      new HealthCheck(
          "reward-with-repetition",
          history -> risen(history, SOME) > 0.25 && history.difference("repetition", SOME) > 0.2,
          history ->
              changed(
                  "the reward rises with repetition (share of text %.2f, now %.2f)",
                  history, "repetition"),
          "check in samples.jsonl what is rewarded; raise --kl-coefficient");

  /** Clipped tokens don't learn. */
  public static final HealthCheck UPDATES_TOO_LARGE =
      new HealthCheck(
          "updates-too-large",
          history -> history.recent("clip_fraction", FEW).orElse(0) > 0.3,
          history ->
              text(
                  "the updates are large (clip_fraction %.2f)",
                  history.recent("clip_fraction", FEW)),
          "lower --learning-rate, or make fewer updates on each batch");

  /**
   * By more than rounding explains in the log-probability of any token, before a batch's first
   * update: in bf16 the farthest of thousands is some tenths away.
   */
  public static final HealthCheck NOT_THE_SAMPLER =
      new HealthCheck(
          "not-the-sampler",
          history ->
              history.last("on_policy_error").orElse(0)
                  > (history.precision() == Precision.FP32 ? 1e-4 : 1),
          history ->
              text(
                  "the policy's log-probabilities of its samples differ from those at sampling"
                      + " (on_policy_error %.2g)",
                  history.last("on_policy_error")),
          "this is expected on a replay of another policy's rollouts (see --max-ratio); otherwise"
              + " please report the model");

  /** Farther on average than rounding takes two formats apart. */
  public static final HealthCheck FAR_SAMPLER =
      new HealthCheck(
          "far-sampler",
          history -> history.last("behaviour_error_mean").orElse(0) > 0.05,
          history ->
              text(
                  "the policy that sampled is far from the one that is trained"
                      + " (behaviour_error_mean %.2g nats per token)",
                  history.last("behaviour_error_mean")),
          "this is expected if another policy sampled; look at behaviour_truncated, the share of"
              + " tokens that --max-behaviour-ratio cuts");

  /** They are asked again at each step, and are few to begin with. */
  public static final HealthCheck SERVERS_LOST =
      new HealthCheck(
          "servers-lost",
          history -> history.last("servers_lost").orElse(0) > 0,
          history ->
              text(
                  "rollout servers don't answer (servers_lost %.0f)", history.last("servers_lost")),
          "the others sample in their place; start them again, and they are used from the next"
              + " step on");

  /** By more than chance: the paired interval is below 0. */
  public static final HealthCheck WORSE_THAN_REFERENCE =
      new HealthCheck(
          "worse-than-reference",
          history -> below(history.last("eval_difference_high"), 0),
          history ->
              text(
                  "on held-out prompts the policy is rewarded less than the reference"
                      + " (eval_difference %.3g)",
                  history.last("eval_difference")),
          "lower --learning-rate or raise --kl-coefficient; --keep-best writes the best model");

  /** All of these, and those of every stage. */
  public static final List<HealthCheck> CHECKS =
      Stream.concat(
              Stream.of(
                  COMPLETIONS_CUT,
                  EQUAL_REWARDS,
                  REWARD_FLAT,
                  ENTROPY_COLLAPSE,
                  REWARD_WITH_KL,
                  REWARD_WITH_LENGTH,
                  REWARD_WITH_REPETITION,
                  UPDATES_TOO_LARGE,
                  NOT_THE_SAMPLER,
                  FAR_SAMPLER,
                  SERVERS_LOST,
                  WORSE_THAN_REFERENCE),
              TrainingHealth.CHECKS.stream())
          .toList();

  private PolicyHealth() {}

  private static boolean isFarFromReference(MetricHistory history) {
    double kl = history.recent("kl", SOME).orElse(0);
    return kl > 25 || kl > 0.5 * history.recent("completion_length", SOME).orElse(Double.MAX_VALUE);
  }

  /**
   * How far the reward rose since the start, in standard deviations of the rewards then; NaN, which
   * is neither much nor little, where there were none.
   */
  private static double risen(MetricHistory history, int steps) {
    double spread = history.start("reward_std", steps).orElse(0);
    return spread > 0 ? history.difference("reward", steps) / spread : Double.NaN;
  }

  private static boolean below(OptionalDouble value, double bound) {
    return value.isPresent() && value.getAsDouble() < bound;
  }

  private static String changed(String format, MetricHistory history, String name) {
    return text(format, history.start(name, SOME), history.recent(name, SOME));
  }
}
