package org.rlhf4j.studio.talk;

import java.nio.file.Path;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.ModelConfig;
import org.rlhf4j.model.sampling.SamplingSettings;
import org.rlhf4j.model.tokenizer.Tokenizer;

/** Replies of a model that has learnt nothing, and has no chat template. */
public final class TinyTalk {

  private static final Path TINY = Path.of("../rollout/src/test/resources/fixtures/tiny");

  private TinyTalk() {}

  /** Replies of at most eight tokens, drawn at this temperature. */
  public static Replies replies(double temperature) {
    return new Replies(
        () -> LanguageModel.fresh(ModelConfig.read(TINY), Tokenizer.load(TINY), 5),
        "tiny",
        "Q: {} A:",
        SamplingSettings.of(8, temperature),
        0);
  }
}
