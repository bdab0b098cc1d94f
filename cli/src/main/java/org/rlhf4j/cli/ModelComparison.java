package org.rlhf4j.cli;

import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.KlEstimator;
import org.rlhf4j.rollout.Rollout;

/**
 * A model against its reference, one completion of each on every prompt.
 *
 * @param prompts their number n
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
record ModelComparison(
    int prompts,
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

  /**
   * Compares.
   *
   * @param ours the model's completions with scores, log-probabilities and the reference's
   * @param theirs the reference's completions with scores, of the same prompts, at least 2
   */
  static ModelComparison of(Rollout ours, Rollout theirs) {
    double[] scores = ours.scores();
    double[] references = theirs.scores();
    int n = scores.length;
    double[] differences =
        IntStream.range(0, n).mapToDouble(i -> scores[i] - references[i]).toArray();
    double difference = mean(differences);
    double half = Z * deviation(differences) / Math.sqrt(n);
    double[] wins =
        IntStream.range(0, n).mapToDouble(i -> (1 + Math.signum(differences[i])) / 2).toArray();
    return new ModelComparison(
        n,
        mean(scores),
        mean(references),
        difference,
        difference - half,
        difference + half,
        mean(wins),
        mean(ours.completions().stream().mapToDouble(ModelComparison::kl).toArray()),
        length(ours.completions()),
        length(theirs.completions()),
        ended(ours.completions()),
        ended(theirs.completions()));
  }

  private static double kl(Completion completion) {
    double[] k1 = KlEstimator.K1.of(completion.logprobs(), completion.refLogprobs());
    return IntStream.range(0, k1.length).mapToDouble(i -> k1[i]).sum();
  }

  private static double length(List<Completion> completions) {
    return mean(completions.stream().mapToDouble(Completion::length).toArray());
  }

  private static double ended(List<Completion> completions) {
    return mean(completions.stream().mapToDouble(one -> one.ended() ? 1 : 0).toArray());
  }

  private static double mean(double[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).sum() / values.length;
  }

  /** The unbiased standard deviation. */
  private static double deviation(double[] values) {
    double mean = mean(values);
    double squares =
        IntStream.range(0, values.length).mapToDouble(i -> Math.pow(values[i] - mean, 2)).sum();
    return Math.sqrt(squares / (values.length - 1));
  }

  /** The comparison as a table to read. */
  String text() {
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
