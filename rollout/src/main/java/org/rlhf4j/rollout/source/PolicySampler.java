package org.rlhf4j.rollout.source;

import java.util.List;
import java.util.function.Supplier;
import org.rlhf4j.model.Generator;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.sampling.GenerationRequest;
import org.rlhf4j.model.sampling.SamplingListener;
import org.rlhf4j.model.sampling.SamplingSettings;
import org.rlhf4j.training.MemoryPlan;

/**
 * Samples from a policy in this process.
 *
 * @param policy gives what samples, as it stands at each call
 * @param settings how to draw
 */
public record PolicySampler(Supplier<LanguageModel> policy, SamplingSettings settings)
    implements Sampler {
  @Override
  public void sample(List<GenerationRequest> requests, SamplingListener listener) {
    LanguageModel model = policy.get();
    int[] stopIds = model.tokenizer().stopIds();
    int longest = requests.stream().mapToInt(request -> request.prompt().length).max().orElse(0);
    int rows = MemoryPlan.completionsAtOnce(model, longest + settings.maxNewTokens());
    Generator.generate(model, settings, stopIds, listener, requests, rows);
  }
}
