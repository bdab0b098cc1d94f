package org.rlhf4j.cli.rows;

import java.nio.file.Files;
import java.nio.file.Path;
import org.rlhf4j.data.RowFileSettings;
import org.rlhf4j.data.file.OnBadRow;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.SettingsGroup;
import org.rlhf4j.settings.UsageException;

/**
 * Where a command's rows come from and where their lines go.
 *
 * @param files the files of rows
 * @param onBadRow what to do about a bad row; one that is skipped has its error as its line
 * @param output the file for the lines, or null for stdout
 */
@SettingsGroup("Rows")
record RowLineSettings(
    RowFileSettings files,
    @Setting(
            help =
                "What to do with a bad row: fail stops the command, skip writes {\"error\": …} in"
                    + " its place.",
            defaultValue = "fail")
        OnBadRow onBadRow,
    @Setting(
            help = "File for the results. It appears when all of them are written.",
            defaultText = "stdout")
        Path output) {

  /** Refuses a file that can't be written, before anything is computed. */
  void requireWritable() {
    if (output != null) {
      requireWritable("output", output);
    }
  }

  /** Refuses a file that can't be written, given as the value of a setting. */
  static void requireWritable(String setting, Path file) {
    if (Files.isDirectory(file)) {
      throw new UsageException(file + ": is a folder; give --" + setting + " a file");
    }
    Path folder = file.toAbsolutePath().getParent();
    if (!Files.isDirectory(folder)) {
      throw new UsageException(
          folder + ": no such folder; make it, or choose another --" + setting);
    }
  }
}
