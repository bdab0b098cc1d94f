package org.rlhf4j.ppo;

import java.util.Arrays;
import java.util.List;
import org.rlhf4j.rollout.RolloutMicroBatch;

/**
 * A share of a batch.
 *
 * @param experience the batch
 * @param parts its micro-batches
 * @param tokens by which losses are divided: those of the whole minibatch
 * @param number in the run, from 1
 */
record Minibatch(Experience experience, List<RolloutMicroBatch> parts, int tokens, long number) {

  /** Its completions in the order of the batch. */
  int[] completions() {
    return parts.stream()
        .flatMapToInt(part -> Arrays.stream(part.completions()))
        .sorted()
        .toArray();
  }
}
