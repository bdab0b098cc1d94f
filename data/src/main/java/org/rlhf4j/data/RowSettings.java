package org.rlhf4j.data;

import java.util.List;
import org.rlhf4j.data.file.OnBadRow;
import org.rlhf4j.data.file.RowFiles;
import org.rlhf4j.data.row.Row;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.row.Rows;
import org.rlhf4j.data.split.SplitFiles;
import org.rlhf4j.settings.Setting;

/**
 * The rows of a command that sums them up or learns from them. A command that answers row by row
 * takes {@link RowFileSettings} alone: there a bad row that is skipped has an answer too, an error
 * in its place.
 *
 * @param files the files, and how they are written
 * @param onBadRow what to do about a bad row
 */
public record RowSettings(
    RowFileSettings files,
    @Setting(
            help = "What to do with a bad row: fail stops the command, skip leaves the row out.",
            defaultValue = "fail")
        OnBadRow onBadRow) {

  /**
   * Reads all rows.
   *
   * @param kind what is wanted of each row
   * @param <T> the rows' type
   * @return at least one good row
   * @throws org.rlhf4j.settings.UserException if a file can't be read, a row is bad and that is to
   *     fail, or no row is good
   */
  public <T extends Row> Rows<T> read(RowKind<T> kind) {
    return Rows.read(files.rowFiles(), kind, onBadRow);
  }

  /**
   * The files of both sides.
   *
   * @param weights how many times an epoch takes the rows of each file; empty: once
   * @param heldOut the rows to evaluate on
   * @return the files; nothing is read yet
   * @throws org.rlhf4j.settings.UsageException if the weights aren't those of the files, or the
   *     format isn't of the form that it should have
   */
  public SplitFiles split(List<Double> weights, HeldOutSettings heldOut) {
    return new SplitFiles(
        new RowFiles(files.data(), weights, files.format()),
        files.rowFiles(heldOut.evalData()),
        heldOut.evalFraction());
  }
}
