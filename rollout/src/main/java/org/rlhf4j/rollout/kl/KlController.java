package org.rlhf4j.rollout.kl;

/**
 * The KL coefficient β: fixed, or moved towards a target (Ziegler et al. 2019, section 2.2):
 *
 * <pre>  β ← β · (1 + clip(d / target − 1, −0.2, 0.2) · n / horizon)</pre>
 *
 * with d the mean over a step's n completions of the summed k1 to the reference, in nats.
 */
public final class KlController {
  private static final double MAX_ERROR = 0.2;

  private final Double target;
  private final double horizon;
  private final double start;
  private double coefficient;

  /**
   * A controller.
   *
   * @param coefficient β at the start, not negative
   * @param target nats per completion, above 0; null keeps β fixed
   * @param horizon completions over which β moves by a fifth at most
   */
  public KlController(double coefficient, Double target, double horizon) {
    this.start = coefficient;
    this.coefficient = coefficient;
    this.target = target;
    this.horizon = horizon;
  }

  /** β as it stands. */
  public double coefficient() {
    return coefficient;
  }

  /** Sets β to what a checkpoint holds. */
  public void restore(double saved) {
    coefficient = saved;
  }

  /** Sets β to where it began, as for a new reference. */
  public void restart() {
    coefficient = start;
  }

  /**
   * Moves β after a step.
   *
   * @param kl mean over completions of the summed k1
   * @param completions how many there were
   */
  public void update(double kl, int completions) {
    if (target != null) {
      double error = Math.max(-MAX_ERROR, Math.min(MAX_ERROR, kl / target - 1));
      coefficient *= 1 + error * completions / horizon;
    }
  }
}
