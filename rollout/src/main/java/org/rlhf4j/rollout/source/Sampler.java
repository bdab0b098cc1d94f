package org.rlhf4j.rollout.source;

import java.util.List;
import org.rlhf4j.model.sampling.GenerationRequest;
import org.rlhf4j.model.sampling.SamplingListener;

/** Draws the completions of prompts: the policy does so here, or servers that have a copy of it. */
public interface Sampler {
  /**
   * Draws completions.
   *
   * @param requests prompts, and the randomness of each of their completions
   * @param listener is told of each completion, on the calling thread
   */
  void sample(List<GenerationRequest> requests, SamplingListener listener);
}
