package org.rlhf4j.cli.rows;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.rlhf4j.cli.command.SettingsCommand;
import org.rlhf4j.data.DataSettings;
import org.rlhf4j.data.HeldOutSettings;
import org.rlhf4j.data.report.DataReport;
import org.rlhf4j.data.row.PromptRow;
import org.rlhf4j.data.row.Row;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.split.SplitFiles;
import org.rlhf4j.data.split.SplitReader;
import org.rlhf4j.data.split.SplitReport;
import org.rlhf4j.data.token.RowTokenizer;
import org.rlhf4j.data.token.TrainedPart;
import org.rlhf4j.model.ModelConfig;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.MachineSettings;
import org.rlhf4j.settings.Setting;
import picocli.CommandLine.Command;

/** Shows what a stage would make of data: the report on its rows, and some rows as tokens. */
@Command(
    name = "inspect",
    description = "Show the data report, and rows as tokens: which are trained on.")
public final class InspectCommand extends SettingsCommand<InspectCommand.InspectSettings> {

  /**
   * What {@code rlhf inspect} takes.
   *
   * @param model whose tokenizer and length count
   * @param data the rows, and how long they may be
   * @param trainOn the parts of a demonstration that are trained on
   * @param cutTurns whether a dialogue that is too long ends with the last turn that fits
   * @param maxNewTokens what a row that is a prompt alone leaves to its completion
   * @param heldOut the rows to evaluate on
   * @param rows how many rows are shown
   * @param machine device and threads
   */
  record InspectSettings(
      @Setting(
              help =
                  "Model whose tokenizer and positions are used: a model folder, a run or a hub"
                      + " id.",
              model = true,
              required = true)
          Path model,
      DataSettings data,
      @Setting(
              help = "Parts of a demonstration that are trained on, as in sft.",
              defaultValue = "completion",
              group = "Data")
          List<TrainedPart> trainOn,
      @Setting(
              help =
                  "End a dialogue of messages that is too long with the last turn of the"
                      + " assistant's that fits, as in sft.",
              defaultValue = "false",
              group = "Data")
          boolean cutTurns,
      @Setting(
              help = "Tokens to leave for the completion, if a row is only a prompt.",
              defaultValue = "128",
              group = "Data")
          int maxNewTokens,
      HeldOutSettings heldOut,
      @Setting(
              help = "How many of the kept rows are shown as tokens, from the first on.",
              defaultValue = "3")
          int rows,
      MachineSettings machine) {

    InspectSettings {
      Limits.positive("max-new-tokens", maxNewTokens);
      Limits.notNegative("rows", rows);
      trainOn = List.copyOf(trainOn);
    }

    private SplitFiles files() {
      return data.rows().split(List.of(), heldOut);
    }

    private int maxLength(Path folder) {
      if (ModelConfig.isIn(folder)) {
        return data.maxLengthOf(ModelConfig.read(folder).dimensions());
      }
      return data.maxLength() == null ? DataSettings.USUAL_LENGTH : data.maxLength();
    }
  }

  public InspectCommand() {
    super(InspectSettings.class);
  }

  @Override
  protected void run(InspectSettings chosen) {
    Path folder = ModelConfig.folderOf(chosen.model());
    try (Tokenizer tokenizer = Tokenizer.load(ModelConfig.tokenizerFolderOf(folder))) {
      RowTokenizer rows =
          new RowTokenizer(tokenizer, chosen.maxLength(folder), chosen.trainOn(), chosen.cutTurns())
              .within(vocabulary(folder));
      TokenLines shown = new TokenLines(tokenizer, TokenLines.colours());
      SplitReport report =
          new SplitReader<>(chosen.files(), RowKind.ANY, chosen.data().rows().onBadRow())
              .read(
                  rows.maxLength(),
                  (row, weight, counts) -> show(row, rows, counts, chosen, shown),
                  (row, weight, counts) -> tokenize(row, rows, counts, chosen));
      report.lines().forEach(out()::println);
      shown.lines().forEach(out()::println);
      out().flush();
      report.require(chosen.data().maxDropped());
    }
  }

  private static int vocabulary(Path folder) {
    return ModelConfig.isIn(folder)
        ? ModelConfig.read(folder).dimensions().vocabulary()
        : Integer.MAX_VALUE;
  }

  private static void show(
      Row row,
      RowTokenizer rows,
      DataReport.Builder counts,
      InspectSettings chosen,
      TokenLines shown) {
    Optional<TokenLines.Shown> kept = tokenize(row, rows, counts, chosen);
    if (shown.rows() < chosen.rows()) {
      kept.ifPresent(shown::add);
    }
  }

  private static Optional<TokenLines.Shown> tokenize(
      Row row, RowTokenizer rows, DataReport.Builder counts, InspectSettings chosen) {
    return row instanceof PromptRow prompt
        ? rows.tokenizePrompt(prompt, rows.promptRoom(chosen.maxNewTokens()), counts)
            .map(kept -> TokenLines.Shown.of(kept))
        : rows.tokenize(row, counts).map(kept -> TokenLines.Shown.of(kept));
  }
}
