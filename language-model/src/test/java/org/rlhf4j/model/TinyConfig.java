package org.rlhf4j.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Configurations of networks small enough to work out by hand. */
public final class TinyConfig {
  private TinyConfig() {}

  /** A one-layer Llama whose head is its embedding, read from a file in the folder. */
  static ModelConfig llama(Path folder, int vocabulary, int hidden) throws IOException {
    return read(
        folder,
        String.format(
            Locale.ROOT,
            """
        {"model_type": "llama", "vocab_size": %d, "hidden_size": %d, "num_hidden_layers": 1,
         "num_attention_heads": 1, "intermediate_size": 4, "max_position_embeddings": 16,
         "tie_word_embeddings": true}
        """,
            vocabulary,
            hidden));
  }

  /** Reads a configuration's text by way of a file in the folder. */
  public static ModelConfig read(Path folder, String json) throws IOException {
    return ModelConfig.readFile(Files.writeString(folder.resolve("config.json"), json));
  }
}
