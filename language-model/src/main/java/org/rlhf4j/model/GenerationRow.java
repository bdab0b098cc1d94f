package org.rlhf4j.model;

import java.util.Arrays;
import org.rlhf4j.model.random.CounterRandom;
import org.rlhf4j.model.sampling.GenerationRequest;
import org.rlhf4j.model.sampling.Sampled;

/** A completion in the making: one row of the decoding batch. */
final class GenerationRow {
  private final int[] prompt;
  private final int requestIndex;
  private final int number;
  private final CounterRandom random;
  private final int[] ids;
  private final float[] logprobs;
  private int length;
  private boolean ended;
  private boolean left;

  /**
   * A row without tokens.
   *
   * @param request what wants it
   * @param requestIndex its index
   * @param number the index of the completion's key there
   * @param limit the most tokens it may get
   */
  GenerationRow(GenerationRequest request, int requestIndex, int number, int limit) {
    this.prompt = request.prompt();
    this.requestIndex = requestIndex;
    this.number = number;
    this.random = request.keys().get(number).random();
    this.ids = new int[limit];
    this.logprobs = new float[limit];
  }

  int[] prompt() {
    return prompt;
  }

  int requestIndex() {
    return requestIndex;
  }

  int number() {
    return number;
  }

  /** The uniform number for a token, counted from the next one. */
  float uniform(int ahead) {
    return random.uniform(length + (long) ahead);
  }

  void append(int id, float logprob, boolean stop) {
    ids[length] = id;
    logprobs[length++] = logprob;
    ended = stop;
  }

  /** Takes no more tokens. */
  void leave() {
    left = true;
  }

  boolean finished() {
    return ended || left || remaining() == 0;
  }

  int remaining() {
    return ids.length - length;
  }

  /** The tokens so far. */
  int[] ids() {
    return Arrays.copyOf(ids, length);
  }

  /** The newest token, whose keys and values aren't cached yet. */
  int last() {
    return ids[length - 1];
  }

  /** How many positions are cached. */
  int cached() {
    return prompt.length + length - 1;
  }

  Sampled sampled() {
    return new Sampled(ids(), Arrays.copyOf(logprobs, length), ended);
  }
}
