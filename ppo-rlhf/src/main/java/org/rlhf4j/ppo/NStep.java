package org.rlhf4j.ppo;

/**
 * The n-step advantage (Mnih et al. 2016, section 4; Sutton and Barto 2018, equation 7.1), over one
 * completion: n rewards as they came, then the critic's word,
 *
 * <pre>
 *   A_t = Σ_{l &lt; m} γ^l R_{t+l} + γ^m V_{t+m} − V_t,   m = min(n, T + 1 − t)
 * </pre>
 *
 * with V_{T+1} = 0 where the completion ended. n = 1 is the one-step error δ; n ≥ T is the reward
 * to go less V.
 */
final class NStep {
  private NStep() {}

  /**
   * The advantages.
   *
   * @param rewards R, one per token
   * @param values V, one per token: what the critic expected before it
   * @param gamma γ in [0, 1]
   * @param n at least 1
   * @param last V_{T+1}: 0 where the completion ended
   * @return A, one per token
   */
  static float[] advantages(double[] rewards, float[] values, double gamma, int n, double last) {
    float[] advantages = new float[rewards.length];
    for (int t = 0; t < rewards.length; t++) {
      int end = (int) Math.min((long) t + n, rewards.length);
      double sum = end < rewards.length ? values[end] : last;
      for (int k = end - 1; k >= t; k--) {
        sum = rewards[k] + gamma * sum;
      }
      advantages[t] = (float) (sum - values[t]);
    }
    return advantages;
  }

  /**
   * The reward to go, without a baseline: G_t = Σ_l γ^l R_{t+l} + γ^{T+1−t} V_{T+1}.
   *
   * @param rewards R, one per token
   * @param gamma γ in [0, 1]
   * @param last V_{T+1}: 0 where the completion ended
   * @return G, one per token
   */
  static float[] rewardsToGo(double[] rewards, double gamma, double last) {
    float[] sums = new float[rewards.length];
    double sum = last;
    for (int t = rewards.length - 1; t >= 0; t--) {
      sum = rewards[t] + gamma * sum;
      sums[t] = (float) sum;
    }
    return sums;
  }
}
