package org.rlhf4j.model.random;

/**
 * What a completion's randomness is a function of. Two completions with equal keys, prompts and
 * weights are equal, however they were batched.
 *
 * @param seed the run's seed
 * @param step the optimizer step
 * @param prompt the prompt's index in the data
 * @param sample the completion's index among those of its prompt
 */
public record SampleKey(long seed, long step, long prompt, long sample) {
  /** The stream of its tokens. */
  public CounterRandom random() {
    return new CounterRandom(seed, step, prompt, sample);
  }
}
