package org.rlhf4j.settings;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * A number format that networks compute in. In bf16 matrices and activations are of it; vectors
 * (norms, biases), score heads, adapters, log-probabilities, scores and losses are fp32 all the
 * same, and so are trained matrices, of which the network computes with rounded copies.
 */
public enum Precision {
  /** 32-bit floats. */
  @JsonProperty("fp32")
  FP32(Float.BYTES, 1e-4, 1e-4),
  /** bfloat16: the upper half of a 32-bit float, with 8 bits of significand. */
  @JsonProperty("bf16")
  BF16(Short.BYTES, 2e-2, 0.1);

  private final int bytes;
  private final double tolerance;
  private final double scoreTolerance;

  Precision(int bytes, double tolerance, double scoreTolerance) {
    this.bytes = bytes;
    this.tolerance = tolerance;
    this.scoreTolerance = scoreTolerance;
  }

  /** The size of a number. */
  public int bytes() {
    return bytes;
  }

  /**
   * How far rounding takes two computations of the same log-probability apart: in fp32 each, in
   * bf16 their mean, since of thousands some are far out.
   */
  public double tolerance() {
    return tolerance;
  }

  /**
   * How far rounding takes two computations of the same score apart, of the score where that is
   * above 1. The narrower a network, the less its roundings cancel: in bf16, 32 wide, it was 0.05.
   */
  public double scoreTolerance() {
    return scoreTolerance;
  }
}
