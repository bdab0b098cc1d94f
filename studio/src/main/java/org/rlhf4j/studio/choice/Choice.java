package org.rlhf4j.studio.choice;

/**
 * How a project's next items are chosen.
 *
 * @param strategy by what
 * @param model the reward model's number; null if it is random
 * @param other the second reward model's number, for a spread; else null
 * @param placed items that it has given a place; −1 while it is being worked out
 */
public record Choice(Strategy strategy, Long model, Long other, int placed) {

  /** What holds before anybody chooses. */
  static final Choice USUAL = new Choice(Strategy.RANDOM, null, null, 0);
}
