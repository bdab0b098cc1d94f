package org.rlhf4j.ppo;

/**
 * How the rewards of a completion's tokens and the critic's values become advantages and returns.
 *
 * @param estimator what makes G of rewards and values
 * @param baseline what the advantages are over
 * @param gamma γ
 * @param lambda λ of GAE
 * @param nSteps n of n-step returns
 * @param whiten whether the advantages of a batch are whitened
 */
record AdvantageRule(
    AdvantageEstimator estimator,
    Baseline baseline,
    double gamma,
    double lambda,
    int nSteps,
    boolean whiten) {

  /** PPO's: whitened GAE. */
  static AdvantageRule gae(double gamma, double lambda) {
    return new AdvantageRule(AdvantageEstimator.GAE, Baseline.CRITIC, gamma, lambda, 1, true);
  }

  static AdvantageRule of(PpoSettings settings) {
    return new AdvantageRule(
        settings.advantageEstimator(),
        settings.advantage(),
        settings.gamma(),
        settings.lambda(),
        settings.nSteps() == null ? 1 : settings.nSteps(),
        settings.whiten());
  }

  /**
   * The advantages of a completion, not whitened.
   *
   * @param rewards R, one per token
   * @param values V, one per token
   * @param last V_{T+1}: 0 where the completion ended
   */
  float[] advantages(double[] rewards, float[] values, double last) {
    return switch (baseline) {
      case CRITIC -> overCritic(rewards, values, last);
      case NONE -> NStep.rewardsToGo(rewards, gamma, last);
    };
  }

  /** The returns of a completion, which the critic learns: the estimator's advantages plus V. */
  float[] returns(double[] rewards, float[] values, double last) {
    return Gae.returns(overCritic(rewards, values, last), values);
  }

  private float[] overCritic(double[] rewards, float[] values, double last) {
    return switch (estimator) {
      case GAE -> Gae.advantages(rewards, values, gamma, lambda, last);
      case N_STEP -> NStep.advantages(rewards, values, gamma, nSteps, last);
    };
  }

  /** The advantages of a batch as the policy's loss takes them. */
  float[][] ofBatch(float[][] advantages) {
    return whiten ? Whitening.of(advantages) : advantages;
  }
}
