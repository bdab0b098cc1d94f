package org.rlhf4j.model.adapter;

import java.util.List;

/**
 * How a network is adapted by low rank (LoRA, Hu et al. 2021): a matrix W [in, out] stays as it is,
 * and x W becomes
 *
 * <pre>  x W + s · (x A) B      A [in, r], B [r, out], s = α / r</pre>
 *
 * Only A and B are trained. A fresh A is uniform in ±1/√in and a fresh B zero, so that a fresh
 * adapter changes nothing.
 *
 * @param rank r, at least 1
 * @param alpha α
 * @param dropout the share of x's entries that are zero before A while training, in [0, 1)
 * @param rankStabilized whether s is α / √r (Kalajdzievski 2023)
 * @param targets the modules that get an adapter, by the ends of their names ({@code q_proj}), or
 *     {@value #ALL_LINEAR} alone; empty: those that peft takes, see {@link LinearModule#targeted}
 */
public record LoraConfig(
    int rank, double alpha, double dropout, boolean rankStabilized, List<String> targets) {

  /** Stands for every matrix of every layer. */
  public static final String ALL_LINEAR = "all-linear";

  /** Keeps a copy of the targets. */
  public LoraConfig {
    targets = List.copyOf(targets);
  }

  /** s: what the adapters' results are multiplied by. */
  public double scale() {
    return alpha / (rankStabilized ? Math.sqrt(rank) : rank);
  }

  LoraConfig withDropout(double share) {
    return new LoraConfig(rank, alpha, share, rankStabilized, targets);
  }
}
