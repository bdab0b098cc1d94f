package org.rlhf4j.rollout.source;

import java.util.List;
import org.rlhf4j.model.Generator;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.sampling.GenerationRequest;
import org.rlhf4j.model.sampling.SamplingListener;
import org.rlhf4j.model.sampling.SamplingSettings;

/**
 * Samples from a policy in this process.
 *
 * @param policy as it stands at each call
 * @param settings how to draw
 */
record PolicySampler(LanguageModel policy, SamplingSettings settings) implements Sampler {
  /** Completions in work at once. */
  static final int MAX_ROWS = 64;

  @Override
  public void sample(List<GenerationRequest> requests, SamplingListener listener) {
    int[] stopIds = policy.tokenizer().stopIds();
    Generator.generate(policy, settings, stopIds, listener, requests, MAX_ROWS);
  }
}
