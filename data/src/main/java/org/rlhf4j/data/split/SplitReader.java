package org.rlhf4j.data.split;

import java.util.function.Consumer;
import java.util.function.ObjDoubleConsumer;
import org.rlhf4j.data.file.BadRow;
import org.rlhf4j.data.file.BadRowException;
import org.rlhf4j.data.file.OnBadRow;
import org.rlhf4j.data.file.RowFiles;
import org.rlhf4j.data.report.DataReport;
import org.rlhf4j.data.report.PromptOverlap;
import org.rlhf4j.data.row.Row;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.row.RowReader;

/**
 * Reads the files of a run in one pass and hands each row to its side. Nothing of a row is kept
 * here but hashes.
 *
 * @param <T> the rows' type
 */
public final class SplitReader<T extends Row> {

  /**
   * What is done with the rows of one side, one by one.
   *
   * @param <T> the rows' type
   */
  @FunctionalInterface
  public interface Side<T extends Row> {
    /**
     * Takes a row.
     *
     * @param row the row
     * @param weight how many times an epoch takes the rows of its file
     * @param report counts what becomes of it
     */
    void take(T row, double weight, DataReport.Builder report);
  }

  private final SplitFiles files;
  private final RowKind<T> kind;
  private final OnBadRow onBadRow;

  /**
   * Creates a reader; nothing is read yet.
   *
   * @param files the run's
   * @param kind what is wanted of each row
   * @param onBadRow what to do about a bad row
   */
  public SplitReader(SplitFiles files, RowKind<T> kind, OnBadRow onBadRow) {
    this.files = files;
    this.kind = kind;
    this.onBadRow = onBadRow;
  }

  /**
   * Reads all files.
   *
   * @param maxLength the most tokens that a row may have, for the reports
   * @param training takes the rows to train on
   * @param heldOut takes the rows to evaluate on
   * @return what became of both sides
   * @throws org.rlhf4j.settings.UserException if a file can't be read, a row is bad and that is to
   *     fail, or no row is good
   */
  public SplitReport read(int maxLength, Side<? super T> training, Side<? super T> heldOut) {
    DataReport.Builder trained = new DataReport.Builder(maxLength);
    DataReport.Builder held = new DataReport.Builder(maxLength);
    PromptOverlap.Builder overlap = new PromptOverlap.Builder();
    boolean apart = !files.evalData().files().isEmpty();
    HeldOutSplit split = new HeldOutSplit(apart ? 0 : files.evalFraction());
    ObjDoubleConsumer<T> evaluated =
        (row, weight) -> {
          heldOut.take(row, weight, held);
          overlap.heldOut(row);
        };
    ObjDoubleConsumer<T> either =
        (row, weight) -> {
          if (split.holdsOut(row)) {
            evaluated.accept(row, weight);
          } else {
            training.take(row, weight, trained);
            overlap.training(row);
          }
        };
    read(files.data(), trained, either);
    if (apart) {
      read(files.evalData(), held, evaluated);
    }
    return new SplitReport(trained.build(), held.build(), overlap.build());
  }

  private void read(RowFiles some, DataReport.Builder report, ObjDoubleConsumer<T> taker) {
    boolean any = false;
    Consumer<BadRow> bad = onBadRow.handler(report::skipped);
    try (RowReader<T> reader = RowReader.open(some, kind, bad)) {
      while (reader.hasNext()) {
        try {
          taker.accept(reader.next(), reader.weight());
          any = true;
        } catch (BadRowException e) { // the model can't take it
          bad.accept(e.row());
        }
      }
      report.files(reader.files());
    }
    if (!any) {
      throw report.noneGood();
    }
  }
}
