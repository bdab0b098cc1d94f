package org.rlhf4j.data;

/** The part of a demonstration that is trained on: the setting {@code --train-on}. */
public enum TrainOn {
  /** The completion alone. */
  COMPLETION,
  /** The prompt's tokens too, but for the first, which has no predictor. */
  PROMPT_AND_COMPLETION
}
