package org.rlhf4j.cli.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalInt;
import org.rlhf4j.cli.command.SettingsCommand;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.ModelConfig;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.pipeline.HubPaths;
import org.rlhf4j.settings.MachineSettings;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.training.run.SaveSettings;
import picocli.CommandLine.Command;

/** Makes a language model with random weights. */
@Command(name = "new", description = "Make a fresh model from a configuration and a seed.")
public final class NewCommand extends SettingsCommand<NewCommand.NewSettings> {

  /**
   * What {@code rlhf new} takes.
   *
   * @param config the model's config.json
   * @param tokenizer the folder with its tokenizer, or an id on the hub
   * @param output the folder to write
   * @param save how its weights are written
   * @param machine the seed
   */
  public record NewSettings(
      @Setting(help = "The model's config.json.", required = true) Path config,
      @Setting(
              help = "The model's tokenizer: a folder with tokenizer.json, or a hub id.",
              required = true)
          Path tokenizer,
      @Setting(help = "Folder for the model.", required = true) Path output,
      SaveSettings save,
      MachineSettings machine) {}

  public NewCommand() {
    super(NewSettings.class);
  }

  @Override
  protected void run(NewSettings chosen) throws IOException {
    err().println(make(chosen));
  }

  /** Makes the model and tells what it is. */
  public static String make(NewSettings chosen) throws IOException {
    Path output = chosen.output().toAbsolutePath();
    ModelOutput.requireEmpty(output);
    if (!Files.isRegularFile(chosen.config())) {
      throw new UsageException(chosen.config() + ": no such file; name a model's config.json");
    }
    ModelConfig config = ModelConfig.readFile(chosen.config());
    Path folder = HubPaths.ofProcess().tokenizer(chosen.tokenizer());
    try (Tokenizer tokenizer = Tokenizer.load(folder)) {
      complete(config, tokenizer, chosen);
      try (LanguageModel model = LanguageModel.fresh(config, tokenizer, chosen.machine().seed())) {
        ModelOutput.write(output, to -> model.save(to, chosen.save().format()));
        return String.format(
            Locale.ROOT,
            "%s: %s, %,d weights",
            chosen.output(),
            model.config().json().path("architectures").path(0).asText(),
            model.parameters().count());
      }
    }
  }

  /** Checks the vocabulary; names the tokenizer's special ids where the configuration doesn't. */
  private static void complete(ModelConfig config, Tokenizer tokenizer, NewSettings chosen) {
    int rows = config.dimensions().vocabulary();
    if (tokenizer.vocabularySize() > rows) {
      throw new UsageException(
          String.format(
              Locale.ROOT,
              "%s: vocab_size %d is less than the %d tokens of %s; raise it",
              chosen.config(),
              rows,
              tokenizer.vocabularySize(),
              chosen.tokenizer()));
    }
    ObjectNode json = config.json();
    putIfAbsent(json, "eos_token_id", OptionalInt.of(tokenizer.eosId()));
    putIfAbsent(json, "bos_token_id", tokenizer.bosId());
    putIfAbsent(json, "pad_token_id", tokenizer.padId());
  }

  private static void putIfAbsent(ObjectNode json, String key, OptionalInt id) {
    if (!json.has(key)) {
      id.ifPresentOrElse(value -> json.put(key, value), () -> json.putNull(key));
    }
  }
}
