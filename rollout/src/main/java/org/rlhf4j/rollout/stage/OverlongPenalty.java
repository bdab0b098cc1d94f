package org.rlhf4j.rollout.stage;

import org.rlhf4j.rollout.RolloutSettings;

/**
 * The soft overlong punishment (Yu et al. 2025, equation 13), positive: with L the most tokens of a
 * completion and c · L of them the share over which it rises,
 *
 * <pre>
 *   0                              where |y| ≤ L − c L
 *   weight · (|y| − (L − c L)) / c L    beyond
 * </pre>
 *
 * The paper has L 20,480, c L 4,096 and weight 1.
 *
 * @param weight what a completion of L tokens loses; 0: nothing does
 * @param free L − c L, tokens that cost nothing
 * @param width c L
 */
public record OverlongPenalty(double weight, double free, double width) {

  static OverlongPenalty of(RolloutSettings settings) {
    double width = settings.overlongShare() * settings.maxNewTokens();
    return new OverlongPenalty(settings.overlongPenalty(), settings.maxNewTokens() - width, width);
  }

  /** Of a completion of so many tokens, EOS included: 0 to the weight. */
  double of(int length) {
    return weight == 0 ? 0 : weight * Math.min(1, Math.max(0, length - free) / width);
  }
}
