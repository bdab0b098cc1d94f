package org.rlhf4j.studio.circle;

/**
 * One person's word on two completions of an item.
 *
 * @param item the item's number
 * @param annotator the annotator's number
 * @param name what the annotator is called
 * @param better the number of the completion that is better, from 0
 * @param worse the number of the other one
 * @param strength from 1, hardly, to 4, much; 0 if it is part of a ranking
 * @param chosenBy how the item's place in the order was chosen
 */
record PairLabel(
    long item, long annotator, String name, int better, int worse, int strength, String chosenBy) {

  /** Which two completions of which item it is about. */
  record Pair(long item, int first, int second) {}

  Pair pair() {
    return new Pair(item, Math.min(better, worse), Math.max(better, worse));
  }
}
