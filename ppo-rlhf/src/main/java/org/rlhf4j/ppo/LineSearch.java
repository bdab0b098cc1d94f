package org.rlhf4j.ppo;

/**
 * The backtracking of a trust region (Schulman et al. 2015, appendix C): the first of the steps
 * 0.5^i s along −x that improves the objective within the bound, and that is one the approximation
 * says something about. A mean KL alone may be tiny where a few tokens became a thousand times as
 * likely: so no token's ratio is above {@value #LARGEST_RATIO}, and the gain is from {@value
 * #LEAST_GAIN} to {@value #LARGEST_GAIN} times that of the slope at the start.
 */
final class LineSearch {
  /** How many steps are tried. */
  static final int TRIES = 10;

  /** The largest ratio of a token's probabilities after a step and before. */
  static final double LARGEST_RATIO = 100;

  /** The least gain, over the expected one; that of the published code. */
  static final double LEAST_GAIN = 0.1;

  /** The largest gain, over the expected one. */
  static final double LARGEST_GAIN = 10;

  private LineSearch() {}

  /** What is gone down. */
  interface Slope {

    /** Puts the weights there. */
    void moveTo(float[] weights);

    /** Measures where the weights are now. */
    Place measure();
  }

  /**
   * Where weights are, seen from where the search began.
   *
   * @param kl from there, nats
   * @param gain by how much the objective is lower
   * @param ratio the largest ratio of a token's probabilities here and there
   */
  record Place(double kl, double gain, double ratio) {}

  /**
   * How a search ended.
   *
   * @param place where the step led; where there was none, the start
   * @param gainToExpected its gain over that of the slope at the start; 0 where there was none
   * @param backtracks how often it was halved; {@link #TRIES}: none was made
   */
  record Step(Place place, double gainToExpected, int backtracks) {}

  /**
   * Makes the first step that is good enough, or leaves the weights at the start.
   *
   * @param slope to go down
   * @param start θ
   * @param x its opposite is gone along
   * @param length s, of which the first step is s x; 0: no step
   * @param rate gᵀx, of which s times is the gain that the slope at the start lets expect
   * @param bound the largest KL, nats
   */
  static Step search(
      Slope slope, float[] start, float[] x, double length, double rate, double bound) {
    double scale = length;
    for (int tries = 0; tries < TRIES && length > 0; tries++) {
      slope.moveTo(ConjugateGradient.sum(start, -scale, x));
      Place place = slope.measure();
      double gainToExpected = place.gain() / (scale * rate);
      if (place.gain() > 0
          && place.kl() <= bound
          && place.ratio() <= LARGEST_RATIO
          && gainToExpected >= LEAST_GAIN
          && gainToExpected <= LARGEST_GAIN) {
        return new Step(place, gainToExpected, tries);
      }
      scale /= 2;
    }
    slope.moveTo(start);
    return new Step(new Place(0, 0, 1), 0, TRIES);
  }
}
