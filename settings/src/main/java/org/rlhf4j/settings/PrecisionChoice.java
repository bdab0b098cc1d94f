package org.rlhf4j.settings;

import com.fasterxml.jackson.annotation.JsonProperty;

/** The number format that is asked for: one of them, or what suits the device. */
public enum PrecisionChoice {
  /** bf16 on a GPU, fp32 on the processor. */
  @JsonProperty("auto")
  AUTO,
  /** {@link Precision#FP32}. */
  @JsonProperty("fp32")
  FP32,
  /** {@link Precision#BF16}. */
  @JsonProperty("bf16")
  BF16;

  /**
   * The choice where {@code auto} is left to the device.
   *
   * @param gpu whether networks compute on a GPU
   * @return FP32 or BF16
   */
  public PrecisionChoice on(boolean gpu) {
    if (this != AUTO) {
      return this;
    }
    return gpu ? BF16 : FP32;
  }
}
