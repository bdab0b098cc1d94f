package org.rlhf4j.cli.demo;

import java.util.List;
import java.util.Locale;

/**
 * A figure that the demo promises.
 *
 * @param what is measured
 * @param before of the sft model; NaN where there is no before
 * @param after of what was trained
 * @param bound in words
 * @param kept whether the figures are within it
 * @param unit how a figure is written, a format of one number
 */
public record Promise(
    String what, double before, double after, String bound, boolean kept, String unit) {

  private static final String PERCENT = "%.1f %%";
  private static final int MOST_KL = 12;

  /**
   * The promises of a run.
   *
   * @param quick whether it made fewer steps, of which less is expected
   * @param figures what was measured
   * @return in the order of the stages
   */
  public static List<Promise> of(boolean quick, Figures figures) {
    return List.of(pairs(quick, figures), kind(quick, figures), kl(figures), sums(quick, figures));
  }

  private static Promise pairs(boolean quick, Figures f) {
    double least = quick ? 0.9 : 0.95;
    return new Promise(
        "held-out pairs ordered right",
        Double.NaN,
        100 * f.accuracy(),
        String.format(Locale.ROOT, "at least %.0f %%", 100 * least),
        f.accuracy() >= least,
        PERCENT);
  }

  private static Promise kind(boolean quick, Figures f) {
    return new Promise(
        "kind replies",
        100 * f.kindBefore(),
        100 * f.kindAfter(),
        quick ? "at least 20 points more" : "from under 30 % to over 80 %",
        quick ? f.kindAfter() >= f.kindBefore() + 0.2 : f.kindBefore() < 0.3 && f.kindAfter() > 0.8,
        PERCENT);
  }

  private static Promise kl(Figures f) {
    return new Promise(
        "  their KL, nats a reply",
        Double.NaN,
        f.kl(),
        "at most " + MOST_KL,
        f.kl() <= MOST_KL,
        "%.1f");
  }

  private static Promise sums(boolean quick, Figures f) {
    return new Promise(
        "right sums",
        100 * f.rightBefore(),
        100 * f.rightAfter(),
        quick ? "nothing: too few steps to learn to add" : "at least twice as many",
        quick || f.rightAfter() >= 2 * f.rightBefore(),
        PERCENT);
  }

  /**
   * What a demo measured.
   *
   * @param accuracy of the reward model on the held-out pairs
   * @param kindBefore share of kind replies of the sft model
   * @param kindAfter that of the ppo model
   * @param kl of the ppo model to the sft model, in nats a reply, mean over the last steps
   * @param rightBefore share of right sums of the sft model
   * @param rightAfter that of the grpo model
   */
  public record Figures(
      double accuracy,
      double kindBefore,
      double kindAfter,
      double kl,
      double rightBefore,
      double rightAfter) {}

  /** A line of the table that {@link #HEAD} heads. */
  public String line() {
    return String.format(
        Locale.ROOT,
        "%-30s %9s %9s   %s%s",
        what,
        number(before),
        number(after),
        bound,
        kept ? "" : ": NOT KEPT");
  }

  /** The head of the table. */
  public static final String HEAD =
      String.format(Locale.ROOT, "%-30s %9s %9s   %s", "", "before", "after", "promised");

  private String number(double value) {
    return Double.isNaN(value) ? "" : String.format(Locale.ROOT, unit, value);
  }
}
