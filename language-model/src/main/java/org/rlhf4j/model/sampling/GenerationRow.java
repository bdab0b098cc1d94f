package org.rlhf4j.model.sampling;

import java.util.Arrays;
import org.rlhf4j.model.random.CounterRandom;

/** A completion in the making: one row of the decoding batch. */
public final class GenerationRow {
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
  public GenerationRow(GenerationRequest request, int requestIndex, int number, int limit) {
    this.prompt = request.prompt();
    this.requestIndex = requestIndex;
    this.number = number;
    this.random = request.keys().get(number).random();
    this.ids = new int[limit];
    this.logprobs = new float[limit];
  }

  public int[] prompt() {
    return prompt;
  }

  public int requestIndex() {
    return requestIndex;
  }

  public int number() {
    return number;
  }

  /** The uniform number for a token, counted from the next one. */
  public float uniform(int ahead) {
    return random.uniform(length + (long) ahead);
  }

  public void append(int id, float logprob, boolean stop) {
    ids[length] = id;
    logprobs[length++] = logprob;
    ended = stop;
  }

  /** Takes no more tokens. */
  public void leave() {
    left = true;
  }

  public boolean finished() {
    return ended || left || remaining() == 0;
  }

  public int remaining() {
    return ids.length - length;
  }

  /** The tokens so far. */
  public int[] ids() {
    return Arrays.copyOf(ids, length);
  }

  /** The newest token, whose keys and values aren't cached yet. */
  public int last() {
    return ids[length - 1];
  }

  /** How many positions are cached. */
  public int cached() {
    return prompt.length + length - 1;
  }

  public Sampled sampled() {
    return new Sampled(ids(), Arrays.copyOf(logprobs, length), ended);
  }
}
