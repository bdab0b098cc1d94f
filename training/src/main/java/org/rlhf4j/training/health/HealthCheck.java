package org.rlhf4j.training.health;

import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import org.rlhf4j.settings.Precision;

/**
 * What can go wrong with a run while its loss looks fine, each told from the metrics so far. The
 * thresholds are rules of thumb, chosen so that a run that learns well sets none of them off.
 */
public enum HealthCheck {

  /** Nothing teaches the policy to stop, and the reward is read where it was cut. */
  COMPLETIONS_CUT(
      "raise --max-new-tokens, or train the model on completions that end before",
      history ->
          below(history.recent("ended", HealthCheck.FEW), 0.05)
              ? found("hardly any completion ends by itself (ended %.2f)", history, "ended")
              : Optional.empty()),

  /** Advantages are all 0 then. */
  EQUAL_REWARDS(
      "check the reward on the completions in rollouts.jsonl, or raise --temperature",
      history ->
          below(history.recent("reward_std", HealthCheck.FEW), 1e-9)
              ? Optional.of("all completions get the same reward, so there is nothing to learn")
              : Optional.empty()),

  /** Compared with the start, against the spread of the rewards then. */
  REWARD_FLAT(
      "raise --learning-rate or lower --kl-coefficient",
      history ->
          history.count("reward") >= 50 && Math.abs(risen(history, 10)) < 0.1
              ? Optional.of(
                  text(
                      "the reward is where it was at the start (%.4g, now %.4g)",
                      history.start("reward", 10), history.recent("reward", 10)))
              : Optional.empty()),

  /** Below a quarter of what it was. */
  ENTROPY_COLLAPSE(
      "lower --learning-rate or raise --kl-coefficient",
      history ->
          history.count("entropy") >= 2 * HealthCheck.SOME && ratio(history, "entropy") < 0.25
              ? changed(
                  "entropy fell from %.3g to %.3g nats a token: all completions become alike",
                  history, "entropy")
              : Optional.empty()),

  /** More than 25 nats a completion, or more than half a nat a token. */
  REWARD_WITH_KL(
      "raise --kl-coefficient or stop earlier, and read samples.jsonl before trusting the reward",
      history ->
          risen(history, HealthCheck.SOME) > 0.25 && isFarFromReference(history)
              ? found(
                  "the reward rises far from the reference (kl %.3g nats a completion)",
                  history, "kl")
              : Optional.empty()),

  /** Half as long again, or half as long. */
  REWARD_WITH_LENGTH(
      "see in samples.jsonl whether the reward pays for length alone; raise --kl-coefficient",
      history ->
          risen(history, HealthCheck.SOME) > 0.25
                  && (ratio(history, "completion_length") > 1.5
                      || ratio(history, "completion_length") < 0.5)
              ? changed(
                  "the reward rises with the length (%.3g tokens, now %.3g)",
                  history, "completion_length")
              : Optional.empty()),

  /** A fifth more of the text. */
  REWARD_WITH_REPETITION(
      "see in samples.jsonl what the reward pays for; raise --kl-coefficient",
      history ->
          risen(history, HealthCheck.SOME) > 0.25
                  && difference(history, "repetition", HealthCheck.SOME) > 0.2
              ? changed(
                  "the reward rises with repetition (share of text %.2f, now %.2f)",
                  history, "repetition")
              : Optional.empty()),

  /** After the steps that a fresh critic needs. */
  CRITIC_NOT_LEARNING(
      "raise --value-learning-rate, or --prompts-per-step",
      history ->
          history.count("explained_variance") >= 20
                  && below(history.recent("explained_variance", 10), 0.05)
              ? Optional.of(
                  text(
                      "the critic explains none of the returns (explained_variance %.2f)",
                      history.recent("explained_variance", 10)))
              : Optional.empty()),

  /** Clipped tokens don't learn. */
  UPDATES_TOO_LARGE(
      "lower --learning-rate, or make fewer updates on each batch",
      history ->
          history.recent("clip_fraction", HealthCheck.FEW).orElse(0) > 0.3
              ? found("the updates are large (clip_fraction %.2f)", history, "clip_fraction")
              : Optional.empty()),

  /**
   * By more than rounding explains in the log-probability of any token, before a batch's first
   * update: in bf16 the farthest of thousands is some tenths away.
   */
  NOT_THE_SAMPLER(
      "on a replay of another policy's rollouts that is meant (see --max-ratio); otherwise please"
          + " report the model",
      history -> {
        OptionalDouble last = history.last("on_policy_error");
        double explained = history.precision() == Precision.FP32 ? 1e-4 : 1;
        return last.isPresent() && last.getAsDouble() > explained
            ? Optional.of(
                text(
                    "the policy gives its samples other log-probabilities than at sampling"
                        + " (on_policy_error %.2g)",
                    last))
            : Optional.empty();
      }),

  /** Fifty times the median of the steps before. */
  GRADIENT_HUGE(
      "lower --learning-rate or --max-grad-norm, and look for odd rows in the data",
      history -> {
        OptionalDouble last = history.last("grad_norm");
        OptionalDouble usual = history.medianBeforeLast("grad_norm", 50);
        boolean broken = last.isPresent() && !Double.isFinite(last.getAsDouble());
        boolean huge = usual.isPresent() && last.getAsDouble() > 50 * usual.getAsDouble();
        return broken || (huge && usual.getAsDouble() > 0)
            ? Optional.of(text("the gradient is huge (grad_norm %.3g)", last))
            : Optional.empty();
      }),

  /** By more than chance: the paired interval is below 0. */
  WORSE_THAN_REFERENCE(
      "lower --learning-rate or raise --kl-coefficient; --keep-best writes the best model",
      history ->
          below(history.last("eval_difference_high"), 0)
              ? Optional.of(
                  text(
                      "on held-out prompts the policy is rewarded less than the reference"
                          + " (eval_difference %.3g)",
                      history.last("eval_difference")))
              : Optional.empty()),

  /** By a twentieth of its least. */
  HELD_OUT_LOSS_RISES(
      "write the best model with --keep-best, train for fewer --steps, or lower --learning-rate",
      history -> {
        OptionalDouble least = history.leastBeforeLast("eval_loss");
        OptionalDouble last = history.last("eval_loss");
        return least.isPresent() && last.getAsDouble() > 1.05 * least.getAsDouble()
            ? Optional.of(text("the held-out loss rises again (%.4g, was %.4g)", last, least))
            : Optional.empty();
      });

  /** Steps that show a state. */
  private static final int FEW = 3;

  /** Steps whose mean is compared with that of as many at the start. */
  private static final int SOME = 5;

  private final String advice;
  private final Function<MetricHistory, Optional<String>> finding;

  HealthCheck(String advice, Function<MetricHistory, Optional<String>> finding) {
    this.advice = advice;
    this.finding = finding;
  }

  /** What to do where it fires. */
  public String advice() {
    return advice;
  }

  /**
   * Looks at the metrics so far.
   *
   * @param history up to the step that was just made
   * @return what is wrong, or empty
   */
  Optional<String> of(MetricHistory history) {
    return finding.apply(history);
  }

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
    return spread > 0 ? difference(history, "reward", steps) / spread : Double.NaN;
  }

  /** The last values less the first ones, 0 where the two would overlap. */
  private static double difference(MetricHistory history, String name, int steps) {
    return history.count(name) < 2 * steps
        ? 0
        : history.recent(name, steps).orElseThrow() - history.start(name, steps).orElseThrow();
  }

  /** The last values over the first ones, 1 where the two would overlap. */
  private static double ratio(MetricHistory history, String name) {
    double start = history.start(name, SOME).orElse(0);
    return history.count(name) < 2 * SOME || start <= 0
        ? 1
        : history.recent(name, SOME).orElseThrow() / start;
  }

  private static boolean below(OptionalDouble value, double bound) {
    return value.isPresent() && value.getAsDouble() < bound;
  }

  private static Optional<String> found(String format, MetricHistory history, String name) {
    return Optional.of(text(format, history.recent(name, FEW)));
  }

  private static Optional<String> changed(String format, MetricHistory history, String name) {
    return Optional.of(text(format, history.start(name, SOME), history.recent(name, SOME)));
  }

  private static String text(String format, OptionalDouble... values) {
    Object[] numbers = new Object[values.length];
    for (int i = 0; i < values.length; i++) {
      numbers[i] = values[i].orElse(Double.NaN);
    }
    return String.format(Locale.ROOT, format, numbers);
  }
}
