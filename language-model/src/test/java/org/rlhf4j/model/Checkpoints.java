package org.rlhf4j.model;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.rlhf4j.model.family.Family;

/**
 * The small random language models of the fixtures, adapters left out. Run as a program, writes
 * each anew as {@code FOLDER/NAME/causal} and {@code FOLDER/NAME/reward}, for transformers to read.
 */
public final class Checkpoints {
  static final Path FIXTURES = Path.of("src/test/resources/fixtures");

  private Checkpoints() {}

  /** The names of all of them. */
  static List<String> names() {
    try (Stream<Path> folders = Files.list(FIXTURES)) {
      return folders
          .filter(folder -> Files.exists(folder.resolve("gradients.safetensors")))
          .filter(folder -> !Files.exists(folder.resolve("adapter_config.json")))
          .map(folder -> folder.getFileName().toString())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Those of a family. */
  public static List<String> of(String modelType) {
    return names().stream().filter(name -> modelType.equals(modelType(name))).toList();
  }

  static String modelType(String name) {
    return ModelConfig.read(FIXTURES.resolve(name)).json().path("model_type").asText();
  }

  /** A reward model on a checkpoint's backbone, with the head that its fixture has. */
  static ScalarModel reward(LanguageModel model, Fixture fixture) {
    ScalarModel reward = ScalarModel.from(model, 0);
    float[] weights = Fixture.floats(fixture.expected().get("reward").get("weight"));
    reward
        .parameters()
        .change(
            reward.parameters().index(Family.SCALAR_HEAD),
            head -> head.asFloatBuffer().put(weights));
    return reward;
  }

  /** Reads a checkpoint and writes it as a language model and as a reward model. */
  public static void write(String name, Path folder) throws IOException {
    Fixture fixture = Fixture.of(name);
    Path causal = Files.createDirectories(folder.resolve("causal"));
    Path scalar = Files.createDirectories(folder.resolve("reward"));
    try (LanguageModel model = LanguageModel.load(fixture.folder());
        ScalarModel reward = reward(model, fixture)) {
      model.save(causal);
      reward.save(scalar);
    }
  }

  public static void main(String[] args) throws IOException {
    for (String name : names()) {
      write(name, Path.of(args[0], name));
    }
  }
}
