package org.rlhf4j.ppo;

/**
 * Generalised advantage estimation (Schulman et al. 2015, equations 11–16), over one completion:
 *
 * <pre>
 *   δ_t = R_t + γ V_{t+1} − V_t,   V_{T+1} = 0 where the completion ended
 *   A_t = δ_t + γ λ A_{t+1}
 *   G_t = A_t + V_t
 * </pre>
 */
final class Gae {
  private Gae() {}

  /**
   * The advantages.
   *
   * @param rewards R, one per token
   * @param values V, one per token: what the critic expected before it
   * @param gamma γ in [0, 1]
   * @param lambda λ in [0, 1]
   * @param last V_{T+1}: 0 where the completion ended
   * @return A, one per token
   */
  static float[] advantages(
      double[] rewards, float[] values, double gamma, double lambda, double last) {
    float[] advantages = new float[rewards.length];
    double next = 0;
    double nextValue = last;
    for (int t = rewards.length - 1; t >= 0; t--) {
      double delta = rewards[t] + gamma * nextValue - values[t];
      next = delta + gamma * lambda * next;
      advantages[t] = (float) next;
      nextValue = values[t];
    }
    return advantages;
  }

  /**
   * The returns.
   *
   * @param advantages A, one per token
   * @param values V, one per token
   * @return G, one per token
   */
  static float[] returns(float[] advantages, float[] values) {
    float[] returns = new float[advantages.length];
    for (int t = 0; t < returns.length; t++) {
      returns[t] = advantages[t] + values[t];
    }
    return returns;
  }
}
