package org.rlhf4j.sft;

/** A part of a demonstration that the loss can be computed on. */
public enum TrainedPart {
  /** The prompt's tokens, but for the first, which nothing predicts. */
  PROMPT,
  /** The completion's tokens with the EOS. */
  COMPLETION
}
