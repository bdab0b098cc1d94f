package org.rlhf4j.sft;

import java.util.ArrayList;
import java.util.List;
import org.rlhf4j.data.batch.SpreadRows;
import org.rlhf4j.data.token.TrainingRow;
import org.rlhf4j.model.Generator;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.random.SampleKey;
import org.rlhf4j.model.sampling.GenerationRequest;
import org.rlhf4j.model.sampling.Sampled;
import org.rlhf4j.model.sampling.SamplingSettings;
import org.rlhf4j.training.run.Sample;

/** Completions to read while a model is fine-tuned. */
final class SftSamples {

  private static final int PROMPTS = 4;
  private static final int MAX_NEW_TOKENS = 64;

  private SftSamples() {}

  /**
   * One completion of each of a few prompts, spread over the data, from the whole distribution,
   * with random numbers that depend on the seed and the row alone.
   *
   * @param model as it stands
   * @param rows demonstrations; those without a prompt are passed over
   * @param longest tokens of prompt and completion together
   * @param seed the run's
   * @return at most four
   */
  static List<Sample> of(
      LanguageModel model, List<? extends TrainingRow> rows, int longest, long seed) {
    List<? extends TrainingRow> chosen =
        SpreadRows.of(
            rows.stream()
                .filter(row -> row.tree().prompt().length > 0)
                .filter(row -> row.tree().prompt().length < longest)
                .toList(),
            PROMPTS);
    if (chosen.isEmpty()) {
      return List.of();
    }
    List<GenerationRequest> requests = new ArrayList<>();
    int room = MAX_NEW_TOKENS;
    for (TrainingRow row : chosen) {
      SampleKey key = new SampleKey(seed, 0, requests.size(), 0);
      requests.add(new GenerationRequest(row.tree().prompt(), List.of(key)));
      room = Math.min(room, longest - row.tree().prompt().length);
    }
    List<List<Sampled>> sampled =
        Generator.generate(
            model,
            SamplingSettings.of(room, 1),
            model.tokenizer().stopIds(),
            requests,
            requests.size());
    List<Sample> samples = new ArrayList<>();
    for (int i = 0; i < chosen.size(); i++) {
      Sampled one = sampled.get(i).get(0);
      String text = model.tokenizer().decodeContinuation(one.ids());
      String prompt = model.tokenizer().decode(chosen.get(i).tree().prompt());
      samples.add(new Sample(prompt, text, one.ended(), Double.NaN));
    }
    return samples;
  }
}
