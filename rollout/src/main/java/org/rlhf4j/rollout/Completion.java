package org.rlhf4j.rollout;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A sampled completion and what is known of it. Arrays hold one number per token.
 *
 * @param ids its tokens, the stop id included when it was produced
 * @param ended whether it ends in a stop id; otherwise it was cut
 * @param text its text, without special tokens
 * @param score the raw reward, before any penalty; NaN while unknown
 * @param rewards where the score is a weighted sum, its parts before weighing; NaN where one
 *     doesn't apply. Else empty
 * @param logprobs log π_old(token), as sampled; null while unknown
 * @param refLogprobs log π_ref(token); null while unknown
 * @param values V(prompt, tokens before this one); null while unknown or without a critic
 */
public record Completion(
    int[] ids,
    boolean ended,
    String text,
    double score,
    Map<String, Double> rewards,
    float[] logprobs,
    float[] refLogprobs,
    float[] values) {

  /** Checks that all arrays are as long as the completion. */
  public Completion {
    if (ids.length == 0) {
      throw new IllegalArgumentException("a completion has at least one token");
    }
    for (float[] perToken : new float[][] {logprobs, refLogprobs, values}) {
      if (perToken != null && perToken.length != ids.length) {
        throw new IllegalArgumentException(perToken.length + " numbers for " + ids.length + " ids");
      }
    }
    rewards =
        rewards.isEmpty() ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(rewards));
  }

  /** A completion whose score isn't a sum. */
  public Completion(
      int[] ids,
      boolean ended,
      String text,
      double score,
      float[] logprobs,
      float[] refLogprobs,
      float[] values) {
    this(ids, ended, text, score, Map.of(), logprobs, refLogprobs, values);
  }

  /** The number of tokens. */
  public int length() {
    return ids.length;
  }

  Completion withScore(double raw) {
    return new Completion(ids, ended, text, raw, rewards, logprobs, refLogprobs, values);
  }

  Completion withRewards(Map<String, Double> parts) {
    return new Completion(ids, ended, text, score, parts, logprobs, refLogprobs, values);
  }

  Completion withLogprobs(float[] old) {
    return new Completion(ids, ended, text, score, rewards, old, refLogprobs, values);
  }

  Completion withRefLogprobs(float[] reference) {
    return new Completion(ids, ended, text, score, rewards, logprobs, reference, values);
  }

  Completion withValues(float[] critic) {
    return new Completion(ids, ended, text, score, rewards, logprobs, refLogprobs, critic);
  }
}
