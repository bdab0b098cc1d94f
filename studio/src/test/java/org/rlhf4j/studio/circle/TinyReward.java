package org.rlhf4j.studio.circle;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.ModelConfig;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.tokenizer.Tokenizer;

/**
 * A reward model that has learnt nothing: its scores are as good as random, and always the same.
 */
public final class TinyReward {

  private static final Path TINY = Path.of("../rollout/src/test/resources/fixtures/tiny");

  private TinyReward() {}

  /** Writes one. */
  public static Path in(Path folder, long seed) {
    try (LanguageModel fresh =
            LanguageModel.fresh(ModelConfig.read(TINY), Tokenizer.load(TINY), seed);
        ScalarModel model = ScalarModel.from(fresh, seed)) {
      model.save(Files.createDirectories(folder));
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
