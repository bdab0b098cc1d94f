package org.rlhf4j.cli.chat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.rlhf4j.cli.command.SettingsCommand;
import org.rlhf4j.cli.command.TokenChoiceSettings;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.chat.ChatTemplate;
import org.rlhf4j.model.sampling.SamplingSettings;
import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.MachineSettings;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.training.display.Display;
import picocli.CommandLine.Command;

/** Talks with a model. */
@Command(
    name = "chat",
    description = {
      "Talk with a language model in the terminal.",
      "By its chat template: a line is a message, /clear begins anew, /exit or the end of the input"
          + " ends."
    })
public final class ChatCommand extends SettingsCommand<ChatCommand.ChatSettings> {

  private static final int STDIN = 0;

  /**
   * What {@code rlhf chat} takes.
   *
   * @param model the language model
   * @param system what it is told before the dialogue, or null
   * @param maxNewTokens the most tokens of an answer, EOS included
   * @param choice how each next token is chosen
   * @param machine device, threads and seed
   */
  record ChatSettings(
      @Setting(
              help = "Language model: a model folder, a run or a hub id.",
              required = true,
              model = true)
          Path model,
      @Setting(help = "System message that comes before the dialogue.") String system,
      @Setting(
              help = "Most tokens of an answer, EOS included.",
              defaultValue = "256",
              group = "Sampling")
          int maxNewTokens,
      TokenChoiceSettings choice,
      MachineSettings machine) {

    ChatSettings {
      Limits.positive("max-new-tokens", maxNewTokens);
    }

    SamplingSettings sampling() {
      return choice.sampling(maxNewTokens);
    }
  }

  public ChatCommand() {
    super(ChatSettings.class);
  }

  @Override
  protected void run(ChatSettings chosen) throws IOException {
    try (LanguageModel model = LanguageModel.load(chosen.model(), chosen.machine().format())) {
      ChatTemplate template = ChatTemplate.of(model.tokenizer());
      ChatSession session =
          new ChatSession(
              model, template, chosen.sampling(), chosen.machine().seed(), chosen.system());
      BufferedReader lines =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      new ChatLines(session, out(), err(), Display.isTerminal(STDIN)).talk(lines);
    }
  }
}
