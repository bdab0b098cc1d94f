package org.rlhf4j.rollout.reward;

import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.rlhf4j.data.batch.SpreadRows;
import org.rlhf4j.data.file.OnBadRow;
import org.rlhf4j.data.file.RowFiles;
import org.rlhf4j.data.row.PromptRow;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.row.RowReader;
import org.rlhf4j.rollout.program.CompletedPrompt;
import org.rlhf4j.rollout.program.Judgement;
import org.rlhf4j.rollout.program.RewardProgram;
import org.rlhf4j.rollout.program.WeightedProgram;
import org.rlhf4j.settings.UserException;

/**
 * Some rows to try programs on before a model is loaded: with the row's own answer as completion,
 * where it has one, after the marker that the program looks for, and with an empty completion.
 *
 * @param rows at least one
 */
record RewardTrial(List<PromptRow> rows) {
  private static final int ROWS_OF_A_FILE = 4;

  private static final MathContext SHOWN_DIGITS = new MathContext(4);

  /** How far into a file is looked for them. */
  private static final int ROWS_READ = 1000;

  /** Rows of each file, spread over its beginning. */
  static RewardTrial of(RowFiles files, OnBadRow onBadRow) {
    List<PromptRow> rows = new ArrayList<>();
    for (Path file : files.files()) {
      List<PromptRow> read = new ArrayList<>();
      try (RowReader<PromptRow> reader =
          RowReader.open(
              RowFiles.of(List.of(file), files.format()),
              RowKind.PROMPTS_WITH_FIELDS,
              onBadRow.handler(skipped -> {}))) {
        while (read.size() < ROWS_READ && reader.hasNext()) {
          read.add(reader.next());
        }
      }
      rows.addAll(SpreadRows.of(read, ROWS_OF_A_FILE));
    }
    if (rows.isEmpty()) {
      throw new UserException("--data: no good row to try --reward on");
    }
    return new RewardTrial(rows);
  }

  /**
   * Tries a program.
   *
   * @param setting what the user wrote
   * @param name what metrics call it
   * @param program opened
   * @return what it gave, for the reader at the terminal
   * @throws UserException where it fails, or is one of ours and applies to none of the rows
   */
  String line(WeightedProgram setting, String name, RewardProgram program) {
    List<Double> ofAnswers = new ArrayList<>();
    List<Double> ofNothing = new ArrayList<>();
    for (PromptRow row : rows) {
      String answer = row.answer().orElse(null);
      List<CompletedPrompt> tries = new ArrayList<>(List.of(completed(row, "")));
      if (answer != null) {
        tries.add(completed(row, setting.completionWith(answer)));
      }
      double[] scores = scores(setting, program, row, tries);
      ofNothing.add(scores[0]);
      if (answer != null) {
        ofAnswers.add(scores[1]);
      }
    }
    if (!setting.kind().isUsers() && ofNothing.stream().allMatch(score -> score.isNaN())) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "%s: --reward %s was tried on %d rows and applies to none of them; each row needs a"
                  + " field \"answer\" that fits it (--columns takes the answer from another"
                  + " field)",
              rows.get(0).location(),
              setting,
              rows.size()));
    }
    return String.format(
        Locale.ROOT,
        "reward_%s: tried on %d rows; it gives %s for their answers and %s for an empty"
            + " completion",
        name,
        rows.size(),
        shown(ofAnswers),
        shown(ofNothing));
  }

  private static double[] scores(
      WeightedProgram setting, RewardProgram program, PromptRow row, List<CompletedPrompt> tries) {
    try {
      return ProgramReward.judged(setting.kind().written(), program, tries).stream()
          .mapToDouble(Judgement::score)
          .toArray();
    } catch (UserException e) {
      throw new UserException(e.getMessage() + " (tried on " + row.location() + ")", e);
    }
  }

  private static CompletedPrompt completed(PromptRow row, String completion) {
    return new CompletedPrompt(
        row.prompt(), completion, new int[0], true, row.answer().orElse(null), row.fields());
  }

  private static String shown(List<Double> scores) {
    double[] applying =
        scores.stream().mapToDouble(Double::doubleValue).filter(s -> !Double.isNaN(s)).toArray();
    if (applying.length == 0) {
      return "nothing";
    }
    double mean = Arrays.stream(applying).average().orElseThrow();
    return new BigDecimal(mean).round(SHOWN_DIGITS).stripTrailingZeros().toPlainString();
  }
}
