package org.rlhf4j.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.training.run.AtomicFiles;

/**
 * Writes a language model with a fresh scalar head as a sequence classifier: the reward model that
 * both sides of a measurement start from.
 */
public final class FreshScalar {
  private FreshScalar() {}

  /**
   * Its options.
   *
   * @param model a language model
   * @param output the folder to write
   * @param seed of the head
   */
  record Options(
      @Setting(help = "Language model: a model folder or a run.", required = true) Path model,
      @Setting(help = "Folder that the classifier is written to.", required = true) Path output,
      @Setting(help = "Seed of the head.", defaultValue = "0") long seed) {}

  /**
   * Writes the folder and prints one JSON line with the number of weights.
   *
   * @param args see {@code --help}
   */
  public static void main(String[] args) {
    measurement().main(args);
  }

  static Measurement<Options> measurement() {
    return new Measurement<>(Options.class, FreshScalar::write);
  }

  private static void write(Options chosen, ObjectNode line) throws Exception {
    try (LanguageModel model = LanguageModel.load(chosen.model());
        ScalarModel scalar = ScalarModel.from(model, chosen.seed())) {
      AtomicFiles.writeFolder(chosen.output().toAbsolutePath(), scalar::save);
      line.put("work", "scalar").put("weights", scalar.parameters().count());
    }
  }
}
