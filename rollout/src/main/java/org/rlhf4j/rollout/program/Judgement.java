package org.rlhf4j.rollout.program;

import java.util.Arrays;

/**
 * What a program says of a completion: a score of the whole, or rewards of its tokens or of its
 * lines, whose sum the score is.
 *
 * @param score any finite number; NaN where the program doesn't apply
 * @param tokenRewards one for each token, NaN where none is paid; null where it has none
 * @param lineRewards one for each line ({@link CompletionLines}); null where it has none
 */
public record Judgement(double score, double[] tokenRewards, double[] lineRewards) {

  /** A score of the whole completion, NaN where the program doesn't apply. */
  public static Judgement of(double score) {
    return new Judgement(score, null, null);
  }

  /**
   * Rewards of its tokens.
   *
   * @param rewards one for each, NaN for a token at which none is paid
   */
  public static Judgement ofTokens(double[] rewards) {
    return new Judgement(paid(rewards), rewards, null);
  }

  /**
   * Rewards of its lines, each paid at the line's last token.
   *
   * @param rewards one for each
   */
  public static Judgement ofLines(double[] rewards) {
    return new Judgement(paid(rewards), null, rewards);
  }

  /** The sum of rewards, of which some may be NaN: none is paid there. */
  private static double paid(double[] rewards) {
    return Arrays.stream(rewards).filter(reward -> !Double.isNaN(reward)).sum();
  }
}
