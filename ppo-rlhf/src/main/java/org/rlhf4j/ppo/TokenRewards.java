package org.rlhf4j.ppo;

/**
 * The reward of each token: the KL to the reference costs everywhere, the score comes at the end.
 *
 * <pre>  R_t = −β · kl_t + [t = T] · score</pre>
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
   * @return R, one per token
   */
  static double[] of(double[] kl, double coefficient, double score) {
    double[] rewards = new double[kl.length];
    for (int t = 0; t < kl.length; t++) {
      rewards[t] = -coefficient * kl[t];
    }
    rewards[kl.length - 1] += score;
    return rewards;
  }
}
