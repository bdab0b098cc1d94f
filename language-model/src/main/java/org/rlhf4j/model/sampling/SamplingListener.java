package org.rlhf4j.model.sampling;

import java.util.function.Predicate;

/** Follows completions while they are sampled. */
public interface SamplingListener {
  /** Wants all tokens and to be told nothing. */
  SamplingListener NONE = new SamplingListener() {};

  /** One that ends a completion where its tokens so far are enough. */
  static SamplingListener until(Predicate<int[]> enough) {
    return new SamplingListener() {
      @Override
      public boolean enough(int[] ids) {
        return enough.test(ids);
      }
    };
  }

  /**
   * Tells from a completion's tokens so far that no more are wanted. Asked now and then, so a
   * completion may go on for some tokens beyond.
   *
   * @param ids its tokens, at least one
   */
  default boolean enough(int[] ids) {
    return false;
  }

  /**
   * Takes a completion that has its last token, while others are sampled still.
   *
   * @param requestIndex the index of its request
   * @param number the index of its key there
   * @param sampled the completion
   */
  default void finished(int requestIndex, int number, Sampled sampled) {}
}
