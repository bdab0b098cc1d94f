package org.rlhf4j.data.token;

/** A part of a demonstration that can be trained on: {@code --train-on}. */
public enum TrainedPart {
  /** The prompt's tokens, but for the first, which nothing predicts. */
  PROMPT,
  /** The completion's tokens with the EOS. */
  COMPLETION
}
