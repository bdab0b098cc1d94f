package org.rlhf4j.ppo;

/**
 * The backtracking of a trust region (Schulman et al. 2015, appendix C): the first of the steps
 * 0.5^i s along −x that improves the objective within the bound.
 */
final class LineSearch {
  /** How many steps are tried. */
  static final int TRIES = 10;

  private LineSearch() {}

  /** What is gone down. */
  interface Slope {

    /** Puts the weights there. */
    void moveTo(float[] weights);

    /** By how much the objective is lower where the weights are now than where the search began. */
    double gain();

    /** How far the weights are now from where the search began, in nats. */
    double kl();
  }

  /**
   * How a search ended.
   *
   * @param kl of the step, 0 where there was none
   * @param gain of the step, 0 where there was none
   * @param backtracks how often it was halved; {@link #TRIES}: none was made
   */
  record Step(double kl, double gain, int backtracks) {}

  /**
   * Makes the first step that is good enough, or leaves the weights at the start.
   *
   * @param slope to go down
   * @param start θ
   * @param x its opposite is gone along
   * @param length s, of which the first step is s x; 0: no step
   * @param bound the largest KL, nats
   */
  static Step search(Slope slope, float[] start, float[] x, double length, double bound) {
    double scale = length;
    for (int tries = 0; tries < TRIES && length > 0; tries++) {
      slope.moveTo(ConjugateGradient.sum(start, -scale, x));
      double kl = slope.kl();
      double gain = slope.gain();
      if (gain > 0 && kl <= bound) {
        return new Step(kl, gain, tries);
      }
      scale /= 2;
    }
    slope.moveTo(start);
    return new Step(0, 0, TRIES);
  }
}
