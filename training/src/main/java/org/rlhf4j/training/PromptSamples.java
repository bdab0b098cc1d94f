package org.rlhf4j.training;

import java.util.ArrayList;
import java.util.List;
import org.rlhf4j.model.Generator;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.random.SampleKey;
import org.rlhf4j.model.sampling.GenerationRequest;
import org.rlhf4j.model.sampling.Sampled;
import org.rlhf4j.model.sampling.SamplingSettings;
import org.rlhf4j.training.run.Sample;

/** Completions to read while a model is trained on rows that it doesn't sample itself. */
public final class PromptSamples {

  /** How many prompts are sampled from. */
  public static final int PROMPTS = 4;

  private static final int MAX_NEW_TOKENS = 64;

  private PromptSamples() {}

  /**
   * Whether there is something to go on from, and room for it.
   *
   * @param prompt token ids
   * @param longest tokens of prompt and completion together
   */
  public static boolean canSample(int[] prompt, int longest) {
    return prompt.length > 0 && prompt.length < longest;
  }

  /**
   * One completion of each prompt, from the whole distribution, with random numbers that depend on
   * the seed and the prompt's place alone.
   *
   * @param model as it stands
   * @param prompts token ids of prompts that {@link #canSample}; {@link #PROMPTS} of them, spread
   *     over the data
   * @param longest tokens of prompt and completion together
   * @param seed the run's
   * @return one for each prompt
   */
  public static List<Sample> of(LanguageModel model, List<int[]> prompts, int longest, long seed) {
    if (prompts.isEmpty()) {
      return List.of();
    }
    List<GenerationRequest> requests = new ArrayList<>();
    int room = MAX_NEW_TOKENS;
    for (int[] prompt : prompts) {
      SampleKey key = new SampleKey(seed, 0, requests.size(), 0);
      requests.add(new GenerationRequest(prompt, List.of(key)));
      room = Math.min(room, longest - prompt.length);
    }
    List<List<Sampled>> sampled =
        Generator.generate(
            model,
            SamplingSettings.of(room, 1),
            model.tokenizer().stopIds(),
            requests,
            requests.size());
    List<Sample> samples = new ArrayList<>();
    for (int i = 0; i < prompts.size(); i++) {
      Sampled one = sampled.get(i).get(0);
      String text = model.tokenizer().decodeContinuation(one.ids());
      samples.add(
          new Sample(model.tokenizer().decode(prompts.get(i)), text, one.ended(), Double.NaN));
    }
    return samples;
  }
}
