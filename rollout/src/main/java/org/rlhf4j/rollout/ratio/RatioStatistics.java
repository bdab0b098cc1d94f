package org.rlhf4j.rollout.ratio;

import ai.djl.ndarray.NDArray;
import java.io.Serializable;
import java.util.function.IntPredicate;
import org.rlhf4j.training.run.Metrics;

/**
 * How far a policy has moved from the one that sampled, over tokens: of the ratios ρ = π / π_old.
 * Tokens of all updates of a step are added up. A ρ above e⁴⁰ counts as that. Tokens that earlier
 * steps sampled are apart, in {@link #replayedMetrics}.
 */
public final class RatioStatistics implements Serializable {
  private static final long serialVersionUID = 1L;

  private long tokens;
  private long clipped;
  private double ratios;
  private double k3;
  private double entropies;
  private double largest = Double.NEGATIVE_INFINITY;
  private double farthest;
  private RatioStatistics replayed;

  /**
   * Adds a token.
   *
   * @param logRatio log π(token) − log π_old(token)
   * @param entropy of π there, nats
   * @param isClipped whether the clipped branch of the objective is the greater one
   */
  public void add(double logRatio, double entropy, boolean isClipped) {
    double bounded = TruncatedRatio.boundedLog(logRatio);
    double ratio = Math.exp(bounded);
    tokens++;
    clipped += isClipped ? 1 : 0;
    ratios += ratio;
    k3 += Math.expm1(bounded) - logRatio;
    entropies += entropy;
    largest = Math.max(largest, ratio);
    farthest = Math.max(farthest, Math.abs(logRatio));
  }

  /**
   * Adds the tokens of a pass.
   *
   * @param logRatios log π − log π_old [M]
   * @param entropies of π [M], nats
   * @param isClipped whether a token's clipped branch is the greater one
   */
  public void addAll(NDArray logRatios, NDArray entropies, IntPredicate isClipped) {
    addAll(logRatios, entropies, isClipped, new boolean[(int) logRatios.size()]);
  }

  /**
   * Adds the tokens of a pass.
   *
   * @param logRatios log π − log π_old [M]
   * @param entropies of π [M], nats
   * @param isClipped whether a token's clipped branch is the greater one
   * @param isReplayed whether an earlier step sampled a token
   */
  public void addAll(
      NDArray logRatios, NDArray entropies, IntPredicate isClipped, boolean[] isReplayed) {
    float[] logRatio = logRatios.toFloatArray();
    float[] entropy = entropies.toFloatArray();
    for (int t = 0; t < logRatio.length; t++) {
      RatioStatistics taking = isReplayed[t] ? replayed() : this;
      taking.add(logRatio[t], entropy[t], isClipped.test(t));
    }
  }

  /** Those of the tokens that earlier steps sampled. */
  private RatioStatistics replayed() {
    if (replayed == null) {
      replayed = new RatioStatistics();
    }
    return replayed;
  }

  /**
   * How far the policy is from those that sampled what is learnt from again.
   *
   * @return replayed_ratio_mean, replayed_ratio_max and replayed_clip_fraction; nothing where
   *     nothing is
   */
  public Metrics replayedMetrics() {
    return replayed == null
        ? new Metrics()
        : new Metrics()
            .put("replayed_ratio_mean", replayed.ratioMean())
            .put("replayed_ratio_max", replayed.ratioMax())
            .put("replayed_clip_fraction", replayed.clipFraction());
  }

  /** Adds all tokens of another. */
  public void add(RatioStatistics other) {
    tokens += other.tokens;
    clipped += other.clipped;
    ratios += other.ratios;
    k3 += other.k3;
    entropies += other.entropies;
    largest = Math.max(largest, other.largest);
    farthest = Math.max(farthest, other.farthest);
    if (other.replayed != null) {
      replayed().add(other.replayed);
    }
  }

  /** The share of tokens that the objective clips. */
  public double clipFraction() {
    return (double) clipped / tokens;
  }

  /** The mean of k3 from the old policy to the new, ρ − 1 − log ρ, per token. */
  public double approxKl() {
    return k3 / tokens;
  }

  /** The mean ratio. */
  public double ratioMean() {
    return ratios / tokens;
  }

  /** The largest ratio. */
  public double ratioMax() {
    return largest;
  }

  /** The largest |log ρ|: 0 before a batch's first update, up to what float arithmetic explains. */
  public double farthest() {
    return farthest;
  }

  /** The mean entropy per token. */
  public double entropy() {
    return entropies / tokens;
  }
}
