package org.rlhf4j.data.split;

import java.util.ArrayList;
import java.util.List;
import org.rlhf4j.data.file.OnBadRow;
import org.rlhf4j.data.file.RowFiles;
import org.rlhf4j.data.report.DataReport;
import org.rlhf4j.data.report.PromptOverlap;
import org.rlhf4j.data.row.Row;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.row.RowReader;
import org.rlhf4j.settings.UserException;

/**
 * What is known of a run's rows after one pass over them.
 *
 * @param training what became of the rows to train on; the bad rows of the data stand here
 * @param heldOut what became of the rows to evaluate on
 * @param overlap prompts on both sides
 */
public record SplitReport(DataReport training, DataReport heldOut, PromptOverlap overlap) {

  /** What is done with the rows of one side, one by one. */
  @FunctionalInterface
  public interface Side {
    /**
     * Takes a row.
     *
     * @param row the row
     * @param weight how many times an epoch takes the rows of its file
     * @param report counts what becomes of it
     */
    void take(Row row, double weight, DataReport.Builder report);
  }

  /**
   * Reads files once; nothing of a row is kept here but hashes.
   *
   * @param files the run's
   * @param kind what is wanted of each row
   * @param onBadRow what to do about a bad row
   * @param maxLength the most tokens that a row may have, for the reports
   * @param training takes the rows to train on
   * @param heldOut takes the rows to evaluate on
   * @return the reports
   * @throws UserException if a file can't be read, a row is bad and that is to fail, or no row is
   *     good
   */
  public static SplitReport read(
      SplitFiles files,
      RowKind<? extends Row> kind,
      OnBadRow onBadRow,
      int maxLength,
      Side training,
      Side heldOut) {
    DataReport.Builder trained = new DataReport.Builder(maxLength);
    DataReport.Builder held = new DataReport.Builder(maxLength);
    PromptOverlap.Builder overlap = new PromptOverlap.Builder();
    boolean apart = !files.evalData().files().isEmpty();
    HeldOutSplit split = new HeldOutSplit(apart ? 0 : files.evalFraction());
    read(
        files.data(),
        kind,
        onBadRow,
        trained,
        (row, weight) -> {
          if (split.holdsOut(row)) {
            overlap.heldOut(row);
            heldOut.take(row, weight, held);
          } else {
            overlap.training(row);
            training.take(row, weight, trained);
          }
        });
    if (apart) {
      read(
          files.evalData(),
          kind,
          onBadRow,
          held,
          (row, weight) -> {
            overlap.heldOut(row);
            heldOut.take(row, weight, held);
          });
    }
    return new SplitReport(trained.build(), held.build(), overlap.build());
  }

  @FunctionalInterface
  private interface Taker {
    void take(Row row, double weight);
  }

  private static <T extends Row> void read(
      RowFiles files, RowKind<T> kind, OnBadRow onBadRow, DataReport.Builder report, Taker taker) {
    boolean any = false;
    try (RowReader<T> reader = RowReader.open(files, kind, onBadRow.handler(report::skipped))) {
      while (reader.hasNext()) {
        any = true;
        taker.take(reader.next(), reader.weight());
      }
      report.forms(reader.forms());
    }
    if (!any) {
      throw report.noneGood();
    }
  }

  /**
   * Stops a run that has nothing to train on, or would lose too many rows on either side.
   *
   * @param maxDropped the largest share of the rows read that may be dropped, 0 to 1
   * @throws UserException where that is so
   */
  public void require(double maxDropped) {
    training.requireRows();
    training.limit(maxDropped);
    heldOut.limit(maxDropped);
  }

  /**
   * Says it all, for the reader at the terminal.
   *
   * @return lines without line breaks
   */
  public List<String> lines() {
    List<String> lines = new ArrayList<>(training.lines("training rows"));
    if (heldOut.read() > 0) {
      lines.addAll(heldOut.lines("held-out rows"));
      lines.add("prompts on both sides: " + overlap.text());
    }
    return lines;
  }
}
