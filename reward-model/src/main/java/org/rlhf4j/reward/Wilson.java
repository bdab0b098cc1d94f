package org.rlhf4j.reward;

/**
 * The 95 % score interval of a proportion (Wilson 1927). With p̂ the observed share of n trials and
 * z = 1.959964:
 *
 * <pre>
 *   (p̂ + z²/2n ± z √(p̂(1 − p̂)/n + z²/4n²)) / (1 + z²/n)
 * </pre>
 *
 * @param low its lower end
 * @param high its upper end
 */
public record Wilson(double low, double high) {

  /** What 97.5 % of a standard normal distribution stay below. */
  static final double Z = 1.959963984540054;

  /**
   * The interval of a share.
   *
   * @param successes from 0 to trials; a tie may count one half
   * @param trials at least 1
   * @return the interval
   */
  public static Wilson of(double successes, int trials) {
    double share = successes / trials;
    double z2 = Z * Z / trials;
    double centre = share + z2 / 2;
    double half = Z * Math.sqrt(share * (1 - share) / trials + z2 / (4 * trials));
    return new Wilson((centre - half) / (1 + z2), (centre + half) / (1 + z2));
  }
}
