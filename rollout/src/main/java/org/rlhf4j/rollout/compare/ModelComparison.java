package org.rlhf4j.rollout.compare;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutMetrics;
import org.rlhf4j.rollout.kl.KlEstimator;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.run.FiniteJson;
import org.rlhf4j.training.run.Metrics;

/**
 * A model against its reference, one completion of each on every prompt.
 *
 * @param prompts their number n
 * @param unscored prompts left out, since no reward applies to one of their completions
 * @param reward the mean raw score of the model's completions
 * @param referenceReward that of the reference's
 * @param difference the mean of d, the score of the model's less that of the reference's
 * @param differenceLow the lower end of its paired 95 % interval, difference ± 1.96 s_d / √n
 * @param differenceHigh the upper end
 * @param winRate the share of prompts with d above 0, a tie one half
 * @param kl the mean over the model's completions of the summed log π − log π_ref, in nats
 * @param completionLength the mean length of the model's completions, in tokens
 * @param referenceCompletionLength that of the reference's
 * @param ended the share of the model's completions that reached a stop id
 * @param referenceEnded that of the reference's
 */
public record ModelComparison(
    int prompts,
    int unscored,
    double reward,
    double referenceReward,
    double difference,
    double differenceLow,
    double differenceHigh,
    double winRate,
    double kl,
    double completionLength,
    double referenceCompletionLength,
    double ended,
    double referenceEnded) {

  private static final double Z = 1.959963984540054;

  private static final ObjectMapper JSON =
      FiniteJson.mapper().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);

  /**
   * Compares.
   *
   * @param ours the model's completions with scores, log-probabilities and the reference's
   * @param theirs the reference's completions with scores, of the same prompts, at least 2; a score
   *     that is NaN leaves the prompt out
   * @return what there is to say of both
   * @throws UserException where fewer than two prompts are scored on both sides
   */
  public static ModelComparison of(Rollout ours, Rollout theirs) {
    double[] scores = ours.scores();
    double[] references = theirs.scores();
    int[] scored =
        IntStream.range(0, scores.length)
            .filter(i -> !Double.isNaN(scores[i]) && !Double.isNaN(references[i]))
            .toArray();
    if (scored.length < 2) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "a reward applies only to %d of %d prompts, which is too few for a comparison; use rows"
                  + " with the fields that --reward needs",
              scored.length,
              scores.length));
    }
    return of(at(ours, scored), at(theirs, scored), scores.length - scored.length);
  }

  private static List<Completion> at(Rollout rollout, int[] chosen) {
    List<Completion> completions = rollout.completions();
    return IntStream.of(chosen).mapToObj(completions::get).toList();
  }

  private static ModelComparison of(List<Completion> ours, List<Completion> theirs, int unscored) {
    int n = ours.size();
    double[] differences =
        IntStream.range(0, n)
            .mapToDouble(i -> ours.get(i).score() - theirs.get(i).score())
            .toArray();
    double difference = RolloutMetrics.mean(differences);
    double half = Z * RolloutMetrics.deviation(differences) / Math.sqrt(n);
    return new ModelComparison(
        n,
        unscored,
        mean(ours, Completion::score),
        mean(theirs, Completion::score),
        difference,
        difference - half,
        difference + half,
        IntStream.range(0, n).mapToDouble(i -> (1 + Math.signum(differences[i])) / 2).sum() / n,
        mean(ours, ModelComparison::kl),
        mean(ours, Completion::length),
        mean(theirs, Completion::length),
        mean(ours, one -> one.ended() ? 1 : 0),
        mean(theirs, one -> one.ended() ? 1 : 0));
  }

  private static double mean(List<Completion> completions, ToDoubleFunction<Completion> number) {
    return RolloutMetrics.mean(completions.stream().mapToDouble(number).toArray());
  }

  private static double kl(Completion completion) {
    double[] k1 = KlEstimator.K1.of(completion.logprobs(), completion.refLogprobs());
    return IntStream.range(0, k1.length).mapToDouble(i -> k1[i]).sum();
  }

  /** One JSON object on one line: {@code evaluation.json} of ppo and grpo. */
  public String json() {
    try {
      return JSON.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What goes to {@code metrics.jsonl}. */
  public Metrics metrics() {
    return new Metrics()
        .put("eval_reward", reward)
        .put("eval_reference_reward", referenceReward)
        .put("eval_difference", difference)
        .put("eval_difference_low", differenceLow)
        .put("eval_difference_high", differenceHigh)
        .put("eval_win_rate", winRate)
        .put("eval_kl", kl)
        .put("eval_completion_length", completionLength)
        .put("eval_ended", ended);
  }

  /** The comparison as a table to read. */
  public String text() {
    StringBuilder text = new StringBuilder();
    text.append(String.format(Locale.ROOT, "%-20s %10s %10s%n", "", "model", "reference"));
    row(text, "reward", "%.4f", reward, referenceReward);
    row(text, "completion length", "%.1f", completionLength, referenceCompletionLength);
    row(text, "ended", "%.1f %%", 100 * ended, 100 * referenceEnded);
    line(
        text,
        "difference",
        "%+.4f (95 %% from %+.4f to %+.4f)",
        difference,
        differenceLow,
        differenceHigh);
    line(text, "win rate", "%.1f %%", 100 * winRate);
    line(text, "kl", "%.4f nats per completion", kl);
    line(text, "prompts", "%,d", prompts);
    if (unscored > 0) {
      line(text, "left out", "%,d prompts to which no reward applies", unscored);
    }
    return text.toString();
  }

  private static void row(
      StringBuilder text, String name, String format, double ours, double theirs) {
    String left = String.format(Locale.ROOT, format, ours);
    String right = String.format(Locale.ROOT, format, theirs);
    text.append(String.format(Locale.ROOT, "%-20s %10s %10s%n", name, left, right));
  }

  private static void line(StringBuilder text, String name, String format, Object... values) {
    String written = String.format(Locale.ROOT, format, values);
    text.append(String.format(Locale.ROOT, "%-20s %s%n", name, written));
  }
}
