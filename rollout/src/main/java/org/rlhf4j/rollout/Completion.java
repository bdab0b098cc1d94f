package org.rlhf4j.rollout;

import java.io.Serializable;
import java.util.Arrays;
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
 * @param tokenRewards what of the score is paid at each token, NaN where nothing is; the rest is
 *     paid at the last one. Null where all of it is
 * @param behaviourLogprobs log μ(token), where what sampled it isn't taken for π_old but for a
 *     behaviour policy μ of its own; else null
 * @param logprobs log π_old(token); null while unknown
 * @param refLogprobs log π_ref(token); null while unknown
 * @param values V(prompt, tokens before this one); null while unknown or without a critic
 */
public record Completion(
    int[] ids,
    boolean ended,
    String text,
    double score,
    Map<String, Double> rewards,
    double[] tokenRewards,
    float[] behaviourLogprobs,
    float[] logprobs,
    float[] refLogprobs,
    float[] values)
    implements Serializable {

  /** Checks that all arrays are as long as the completion. */
  public Completion {
    if (ids.length == 0) {
      throw new IllegalArgumentException("a completion has at least one token");
    }
    for (float[] perToken : new float[][] {behaviourLogprobs, logprobs, refLogprobs, values}) {
      if (perToken != null && perToken.length != ids.length) {
        throw new IllegalArgumentException(perToken.length + " numbers for " + ids.length + " ids");
      }
    }
    if (tokenRewards != null && tokenRewards.length != ids.length) {
      throw new IllegalArgumentException(
          tokenRewards.length + " rewards for " + ids.length + " ids");
    }
    rewards =
        rewards.isEmpty() ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(rewards));
  }

  /** A completion whose score isn't a sum, sampled by π_old. */
  public Completion(
      int[] ids,
      boolean ended,
      String text,
      double score,
      float[] logprobs,
      float[] refLogprobs,
      float[] values) {
    this(ids, ended, text, score, Map.of(), null, null, logprobs, refLogprobs, values);
  }

  /** The number of tokens. */
  public int length() {
    return ids.length;
  }

  /** The log-probabilities by what sampled it: log μ where that is another than π_old. */
  public float[] sampledLogprobs() {
    return behaviourLogprobs != null ? behaviourLogprobs : logprobs;
  }

  /** The part of the score that is paid at single tokens: Σ of the token rewards. */
  public double paidAtTokens() {
    return tokenRewards == null
        ? 0
        : Arrays.stream(tokenRewards).filter(reward -> !Double.isNaN(reward)).sum();
  }

  Completion withTokenRewards(double[] paid) {
    return new Completion(
        ids, ended, text, score, rewards, paid, behaviourLogprobs, logprobs, refLogprobs, values);
  }

  Completion withScore(double raw) {
    return with(raw, rewards, behaviourLogprobs, logprobs, refLogprobs, values);
  }

  Completion withRewards(Map<String, Double> parts) {
    return with(score, parts, behaviourLogprobs, logprobs, refLogprobs, values);
  }

  /** Takes what sampled it for a behaviour policy: π_old is unknown then. */
  Completion ofBehaviour() {
    return with(score, rewards, sampledLogprobs(), null, refLogprobs, values);
  }

  Completion withLogprobs(float[] old) {
    return with(score, rewards, behaviourLogprobs, old, refLogprobs, values);
  }

  Completion withRefLogprobs(float[] reference) {
    return with(score, rewards, behaviourLogprobs, logprobs, reference, values);
  }

  Completion withValues(float[] critic) {
    return with(score, rewards, behaviourLogprobs, logprobs, refLogprobs, critic);
  }

  private Completion with(
      double raw,
      Map<String, Double> parts,
      float[] behaviour,
      float[] old,
      float[] reference,
      float[] critic) {
    return new Completion(
        ids, ended, text, raw, parts, tokenRewards, behaviour, old, reference, critic);
  }
}
