package org.rlhf4j.ppo;

/**
 * The reward of each token: the KL to the reference costs everywhere. What programs pay at single
 * tokens, r_t, comes there, and the rest of the score at the end.
 *
 * <pre>  R_t = −β · kl_t + r_t + [t = T] · (score − Σ r)</pre>
 *
 * (Ziegler et al. 2019, equation 2, per token.)
 */
final class TokenRewards {
  private TokenRewards() {}

  /**
   * The rewards of a completion.
   *
   * @param kl the KL estimate of each token
   * @param coefficient β
   * @param score the completion's score, penalties subtracted
   * @param paid r of each token, NaN where nothing is paid; null where all is paid at the end
   * @return R, one per token
   */
  static double[] of(double[] kl, double coefficient, double score, double[] paid) {
    double[] rewards = new double[kl.length];
    for (int t = 0; t < kl.length; t++) {
      rewards[t] = -coefficient * kl[t];
    }
    double rest = score;
    for (int t = 0; paid != null && t < kl.length; t++) {
      double reward = Double.isNaN(paid[t]) ? 0 : paid[t];
      rewards[t] += reward;
      rest -= reward;
    }
    rewards[kl.length - 1] += rest;
    return rewards;
  }
}
