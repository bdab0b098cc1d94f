package org.rlhf4j.data.split;

import java.util.ArrayList;
import java.util.List;
import org.rlhf4j.data.file.OnBadRow;
import org.rlhf4j.data.row.Row;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.token.RowTokenizer;
import org.rlhf4j.data.token.Tokenized;
import org.rlhf4j.data.token.TokenizedRow;
import org.rlhf4j.data.token.TrainingRow;

/**
 * The rows of a run as token ids, read in one pass: those to train on, held without their text, and
 * those to evaluate on.
 *
 * @param training rows to train on; those of a file with a weight come that many times
 * @param heldOut rows to evaluate on; none where nothing is held out
 * @param report what became of all of them, each counted once
 */
public record SplitRows(
    List<TrainingRow> training, Tokenized<TokenizedRow> heldOut, SplitReport report) {

  /**
   * Reads both sides.
   *
   * @param files the run's
   * @param kind demonstrations or comparisons
   * @param onBadRow what to do about a bad row
   * @param tokenizer makes ids of them
   * @param <T> the rows' type
   * @return both sides
   */
  public static <T extends Row> SplitRows read(
      SplitFiles files, RowKind<T> kind, OnBadRow onBadRow, RowTokenizer tokenizer) {
    PackedRows training = new PackedRows();
    List<TokenizedRow> heldOut = new ArrayList<>();
    SplitReport report =
        new SplitReader<>(files, kind, onBadRow)
            .read(
                tokenizer.maxLength(),
                (row, weight, counts) ->
                    tokenizer
                        .tokenize(row, counts)
                        .ifPresent(kept -> training.add(kept, RowWeight.times(row, weight))),
                (row, weight, counts) -> tokenizer.tokenize(row, counts).ifPresent(heldOut::add));
    return new SplitRows(training.packed(), new Tokenized<>(heldOut, report.heldOut()), report);
  }

  /**
   * Says what became of the rows, and how many an epoch takes where weights make it another number.
   *
   * @return lines without line breaks
   */
  public List<String> lines() {
    List<String> lines = new ArrayList<>(report.lines());
    if (training.size() != report.training().kept()) {
      lines.add(RowWeight.sentence(training.size()));
    }
    return lines;
  }
}
