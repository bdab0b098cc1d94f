package org.rlhf4j.cli.rows;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.rlhf4j.cli.command.SettingsCommand;
import org.rlhf4j.data.DataSettings;
import org.rlhf4j.data.row.PromptRow;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.row.Rows;
import org.rlhf4j.data.token.RowTokenizer;
import org.rlhf4j.data.token.Tokenized;
import org.rlhf4j.data.token.TokenizedPrompt;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.sampling.SamplingSettings;
import org.rlhf4j.reward.Manifest;
import org.rlhf4j.rollout.RewardModelSettings;
import org.rlhf4j.rollout.compare.HeldOutPrompts;
import org.rlhf4j.rollout.compare.ModelComparison;
import org.rlhf4j.rollout.program.WeightedProgram;
import org.rlhf4j.rollout.reward.Reward;
import org.rlhf4j.rollout.reward.RewardModelReward;
import org.rlhf4j.rollout.reward.RewardModels;
import org.rlhf4j.rollout.reward.RewardPrograms;
import org.rlhf4j.rollout.stage.Opened;
import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.MachineSettings;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.MemoryPlan;
import org.rlhf4j.training.display.Display;
import picocli.CommandLine.Command;

/**
 * Compares a model with the one that it came from, on the same prompts with the same random
 * numbers: {@link HeldOutPrompts}.
 */
@Command(
    name = "compare",
    description = "Compare a model with its reference on the same prompts: reward, win rate, KL.")
public final class CompareCommand extends SettingsCommand<CompareCommand.CompareSettings> {

  /**
   * What {@code rlhf compare} takes.
   *
   * @param model the model
   * @param referenceModel what it is compared with
   * @param rewardModels what judges both; none where programs do alone
   * @param reward programs that judge both
   * @param rewardTimeout seconds that a command among them may keep silent
   * @param data the rows with prompts, and how long they may be
   * @param maxNewTokens the most tokens of a completion
   * @param temperature of sampling and of the log-probabilities; 0 takes the most probable token
   * @param json as one JSON object
   * @param machine device, threads and seed
   */
  record CompareSettings(
      @Setting(help = "Model: a model folder, a run or a hub id.", required = true, model = true)
          Path model,
      @Setting(help = "Model to compare with, often that of sft.", required = true, model = true)
          Path referenceModel,
      RewardModelSettings rewardModels,
      @Setting(
              help =
                  "Reward program that judges both models, [WEIGHT*]NAME[:ARGUMENT]. See"
                      + " docs/rewards.md.")
          List<WeightedProgram> reward,
      @Setting(help = "Seconds that a reward command may take for an answer.", defaultValue = "60")
          double rewardTimeout,
      DataSettings data,
      @Setting(help = "Most tokens of a completion.", defaultValue = "128", group = "Sampling")
          int maxNewTokens,
      @Setting(
              help =
                  "Temperature: logits are divided by it. 0 takes the most probable token each"
                      + " time; the KL is then at temperature 1.",
              defaultValue = "1.0",
              group = "Sampling")
          double temperature,
      @Setting(help = "Print one JSON object.", defaultValue = "false") boolean json,
      MachineSettings machine) {

    CompareSettings {
      Limits.positive("max-new-tokens", maxNewTokens);
      Limits.notNegative("temperature", temperature);
      Limits.positive("reward-timeout", rewardTimeout);
      if (rewardModels.isEmpty() && reward.isEmpty()) {
        throw new UsageException(
            "--reward-model or --reward is missing: name a reward model or a program");
      }
    }
  }

  public CompareCommand() {
    super(CompareSettings.class);
  }

  @Override
  protected void run(CompareSettings chosen) throws IOException {
    Rows<PromptRow> rows = chosen.data().rows().read(RowKind.PROMPTS_WITH_FIELDS);
    try (RewardPrograms programs =
            RewardPrograms.tried(
                chosen.reward(),
                chosen.rewardTimeout(),
                chosen.data().rows().files().rowFiles(),
                chosen.data().rows().onBadRow(),
                Display.stderr().stream());
        LanguageModel model = LanguageModel.load(chosen.model(), chosen.machine().format());
        LanguageModel reference = LanguageModel.load(chosen.referenceModel(), model);
        Opened opened = new Opened()) {
      requireSameTokenizer(model, reference, chosen);
      List<TokenizedPrompt> prompts = prompts(rows, model, reference, chosen);
      RewardModels judges =
          new RewardModels(
              chosen.rewardModels(),
              chosen.rewardModels().rewardModel().stream()
                  .map(one -> reward(one, model, opened))
                  .toList());
      prompts.forEach(judges::requireRead);
      Reward reward = programs.with(judges, model.tokenizer());
      HeldOutPrompts heldOut =
          new HeldOutPrompts(
              reference,
              prompts,
              SamplingSettings.of(chosen.maxNewTokens(), chosen.temperature()),
              chosen.machine().seed(),
              reward,
              MemoryPlan.microBatchTokens(reference.config().dimensions()));
      ModelComparison comparison = heldOut.compare(model);
      out().print(chosen.json() ? comparison.json() + System.lineSeparator() : comparison.text());
      out().flush();
    }
  }

  private static RewardModelReward reward(Path folder, LanguageModel model, Opened opened) {
    ScalarModel judge = opened.add(Manifest.loadVerified(folder, model), ScalarModel::close);
    int budget = MemoryPlan.microBatchTokens(judge.config().dimensions());
    return new RewardModelReward(judge, model.tokenizer(), budget);
  }

  private static void requireSameTokenizer(
      LanguageModel model, LanguageModel reference, CompareSettings chosen) {
    if (!model.tokenizer().hash().equals(reference.tokenizer().hash())) {
      throw new UserException(
          ("%s: its tokenizer is different from that of %s, so there is no KL between them; choose"
                  + " a model with the same tokenizer")
              .formatted(chosen.referenceModel(), chosen.model()));
    }
  }

  private List<TokenizedPrompt> prompts(
      Rows<PromptRow> rows, LanguageModel model, LanguageModel reference, CompareSettings chosen) {
    int maxLength =
        Math.min(
            chosen.data().maxLengthOf(model.config().dimensions()),
            chosen.data().maxLengthOf(reference.config().dimensions()));
    Tokenized<TokenizedPrompt> prompts =
        new RowTokenizer(model.tokenizer(), maxLength)
            .within(
                Math.min(
                    model.config().dimensions().vocabulary(),
                    reference.config().dimensions().vocabulary()))
            .tokenizePrompts(rows, chosen.maxNewTokens());
    prompts.report().lines("prompts").forEach(err()::println);
    prompts.report().limit(chosen.data().maxDropped());
    if (prompts.rows().size() < 2) {
      throw new UserException("fewer than 2 prompts are left to compare on; check the data");
    }
    return prompts.rows();
  }
}
