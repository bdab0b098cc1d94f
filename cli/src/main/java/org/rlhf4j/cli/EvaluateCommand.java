package org.rlhf4j.cli;

import java.nio.file.Path;
import org.rlhf4j.data.Comparison;
import org.rlhf4j.data.OnBadRow;
import org.rlhf4j.data.RowFiles;
import org.rlhf4j.data.RowFormat;
import org.rlhf4j.data.RowKind;
import org.rlhf4j.data.RowTokenizer;
import org.rlhf4j.data.Rows;
import org.rlhf4j.data.Tokenized;
import org.rlhf4j.data.TokenizedRow;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.UserException;
import org.rlhf4j.reward.Manifest;
import org.rlhf4j.reward.RewardEvaluation;
import org.rlhf4j.training.DataSettings;
import org.rlhf4j.training.FormatSettings;
import org.rlhf4j.training.MemoryPlan;
import org.rlhf4j.training.settings.Limits;
import org.rlhf4j.training.settings.MachineSettings;
import org.rlhf4j.training.settings.Setting;
import picocli.CommandLine.Command;

/** Judges a reward model on held-out comparisons. */
@Command(
    name = "evaluate",
    description = "Judge a reward model on comparisons that it wasn't trained on.")
final class EvaluateCommand extends SettingsCommand<EvaluateCommand.EvaluateSettings> {

  /**
   * What {@code rlhf evaluate} takes.
   *
   * @param rewardModel the reward model
   * @param data the comparisons, and how long they may be
   * @param marginColumn the field with a row's margin, or null for {@code margin}
   * @param onBadRow what to do about a bad row
   * @param microBatchTokens tokens that go through the network at once, or null for the memory
   *     plan's
   * @param json as one JSON object
   * @param machine device and threads
   */
  record EvaluateSettings(
      @Setting(
              help = "Reward model: a model folder, a run or a hub id.",
              required = true,
              model = true)
          Path rewardModel,
      DataSettings data,
      @Setting(
              help =
                  "Field that holds by how much the chosen score should exceed the rejected one.",
              defaultText = "margin, where a row has it",
              group = "Data")
          String marginColumn,
      @Setting(
              help = "Stop at a bad row, or leave it out and go on.",
              defaultValue = "fail",
              group = "Data")
          OnBadRow onBadRow,
      @Setting(
              help = "Tokens that go through the network at once.",
              defaultText = "from the memory plan")
          Integer microBatchTokens,
      @Setting(help = "Print one JSON object.", defaultValue = "false") boolean json,
      MachineSettings machine) {

    EvaluateSettings {
      if (microBatchTokens != null) {
        Limits.positive("micro-batch-tokens", microBatchTokens);
      }
    }

    private RowKind<Comparison> rowKind() {
      return marginColumn == null
          ? RowKind.COMPARISONS
          : RowKind.comparisonsWithMargin(marginColumn);
    }

    private RowFiles files() {
      FormatSettings format = data.format();
      return RowFiles.of(
          data.data(), RowFormat.of(format.columns(), format.csvDelimiter(), format.encoding()));
    }

    private int tokenBudget(ScalarModel model) {
      return microBatchTokens == null
          ? MemoryPlan.microBatchTokens(model.config().dimensions())
          : microBatchTokens;
    }
  }

  EvaluateCommand() {
    super(EvaluateSettings.class);
  }

  @Override
  void run(EvaluateSettings chosen) {
    Rows<Comparison> rows = Rows.read(chosen.files(), chosen.rowKind(), chosen.onBadRow());
    try (ScalarModel model = Manifest.loadVerified(chosen.rewardModel())) {
      int maxLength = chosen.data().maxLengthOf(model.config().dimensions());
      Tokenized<TokenizedRow> heldOut =
          new RowTokenizer(model.tokenizer(), maxLength).tokenize(rows);
      heldOut.report().lines("rows").forEach(err()::println);
      heldOut.report().limit(chosen.data().maxDropped());
      if (heldOut.rows().isEmpty()) {
        throw new UserException(
            "no row fits in " + maxLength + " tokens; raise --max-length or check the data");
      }
      RewardEvaluation evaluation = RewardEvaluation.of(model, heldOut, chosen.tokenBudget(model));
      if (chosen.json()) {
        out().println(evaluation.json());
      } else {
        out().print(evaluation.text());
        out().flush();
      }
    }
  }
}
