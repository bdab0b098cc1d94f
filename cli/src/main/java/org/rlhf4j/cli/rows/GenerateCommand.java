package org.rlhf4j.cli.rows;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.rlhf4j.cli.command.SettingsCommand;
import org.rlhf4j.cli.command.TokenChoiceSettings;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.sampling.SamplingSettings;
import org.rlhf4j.reward.Manifest;
import org.rlhf4j.rollout.reward.RewardModelReward;
import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.MachineSettings;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.training.MemoryPlan;
import picocli.CommandLine.Command;

/** Samples completions of prompts. */
@Command(name = "generate", description = "Write a language model's completions of prompts.")
public final class GenerateCommand extends SettingsCommand<GenerateCommand.GenerateSettings> {

  /**
   * What {@code rlhf generate} takes.
   *
   * @param model the language model
   * @param rows where rows come from and lines go
   * @param maxNewTokens the most tokens of a completion, EOS included
   * @param choice how each next token is chosen
   * @param samples completions of each prompt
   * @param stop texts that end a completion before them
   * @param bestOf completions of which the best is written, or null
   * @param rewardModel what the best is judged by, or null
   * @param machine device, threads and seed
   */
  record GenerateSettings(
      @Setting(
              help = "Language model: a model folder, a run or a hub id.",
              required = true,
              model = true)
          Path model,
      RowLineSettings rows,
      @Setting(
              help =
                  "Most tokens of a completion, EOS included. A prompt that leaves no room for them"
                      + " loses its beginning.",
              defaultValue = "128",
              group = "Sampling")
          int maxNewTokens,
      TokenChoiceSettings choice,
      @Setting(
              help = "Completions for each prompt. Each has its own line.",
              defaultValue = "1",
              group = "Sampling")
          int samples,
      @Setting(
              help =
                  "End a completion before this text. Its ids still include the token that"
                      + " completed the text.",
              group = "Sampling")
          List<String> stop,
      @Setting(
              help =
                  "Sample this many completions and write the one that --reward-model scores best.",
              group = "Sampling")
          Integer bestOf,
      @Setting(
              help = "Reward model for --best-of: a model folder, a run or a hub id.",
              group = "Sampling",
              model = true)
          Path rewardModel,
      MachineSettings machine) {

    GenerateSettings {
      Limits.positive("max-new-tokens", maxNewTokens);
      Limits.positive("samples", samples);
      Limits.require(!stop.contains(""), "stop", "must not be empty");
      Limits.require(
          (bestOf == null) == (rewardModel == null), "best-of", "and --reward-model go together");
      if (bestOf != null) {
        Limits.positive("best-of", bestOf);
        Limits.require(samples == 1, "best-of", "writes one completion; leave --samples out");
      }
    }

    SamplingSettings sampling() {
      return choice.sampling(maxNewTokens);
    }

    /** Completions that are sampled of each prompt. */
    int drawn() {
      return bestOf == null ? samples : bestOf;
    }
  }

  public GenerateCommand() {
    super(GenerateSettings.class);
  }

  @Override
  protected void run(GenerateSettings chosen) throws IOException {
    chosen.rows().requireWritable();
    try (LanguageModel model = LanguageModel.load(chosen.model(), chosen.machine().format())) {
      requireRoom(chosen, model.config().dimensions().positions());
      if (chosen.bestOf() == null) {
        write(chosen, new GenerationWork(model, chosen, null), err());
        return;
      }
      try (ScalarModel judge = Manifest.loadVerified(chosen.rewardModel(), model)) {
        int budget = MemoryPlan.microBatchTokens(judge.config().dimensions());
        RewardModelReward reward = new RewardModelReward(judge, model.tokenizer(), budget);
        write(chosen, new GenerationWork(model, chosen, reward), err());
      }
    }
  }

  private static void requireRoom(GenerateSettings chosen, int positions) {
    if (chosen.maxNewTokens() >= positions) {
      throw new UsageException(
          String.format(
              Locale.ROOT,
              "--max-new-tokens %d leaves no room for a prompt in the model's %d positions; lower"
                  + " --max-new-tokens",
              chosen.maxNewTokens(),
              positions));
    }
  }

  private void write(GenerateSettings chosen, GenerationWork work, PrintWriter err)
      throws IOException {
    RowLines.write(chosen.rows(), RowKind.PROMPTS, work, out(), err);
    if (work.cut() > 0) {
      err.printf(
          Locale.ROOT,
          "%,d prompts lost their beginning to leave room for %,d new tokens%n",
          work.cut(),
          chosen.maxNewTokens());
    }
  }
}
