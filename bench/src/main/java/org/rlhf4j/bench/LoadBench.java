package org.rlhf4j.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.ModelConfig;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.model.torch.Torch;
import org.rlhf4j.settings.Setting;

/**
 * Times how long a model takes to load. What it adds to the process's memory is the difference to a
 * process that loads the engine and the tokenizer alone: the kernel counts both, {@code
 * processes.py} reads it.
 */
public final class LoadBench {
  private LoadBench() {}

  /**
   * Its options.
   *
   * @param model a language model
   * @param runtimeOnly whether all but the model is loaded
   */
  record Options(
      @Setting(help = "Language model: a model folder or a run.", required = true) Path model,
      @Setting(help = "Load the engine and the tokenizer alone.", defaultValue = "false")
          boolean runtimeOnly) {}

  /**
   * Loads and prints one JSON line.
   *
   * @param args see {@code --help}
   */
  public static void main(String[] args) {
    measurement().main(args);
  }

  static Measurement<Options> measurement() {
    return new Measurement<>(Options.class, LoadBench::measure);
  }

  private static void measure(Options chosen, ObjectNode line) {
    line.put("work", "load").put("libtorch", Torch.version());
    long start = System.nanoTime();
    if (chosen.runtimeOnly()) {
      Tokenizer.load(ModelConfig.tokenizerFolderOf(chosen.model())).close();
      line.put("tokenizer_seconds", (System.nanoTime() - start) / 1e9);
      return;
    }
    try (LanguageModel model = LanguageModel.load(chosen.model())) {
      line.put("seconds", (System.nanoTime() - start) / 1e9);
      line.put("bytes", Float.BYTES * model.parameters().count());
    }
  }
}
