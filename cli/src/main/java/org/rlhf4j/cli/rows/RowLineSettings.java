package org.rlhf4j.cli.rows;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.rlhf4j.data.FormatSettings;
import org.rlhf4j.data.file.OnBadRow;
import org.rlhf4j.data.file.RowFiles;
import org.rlhf4j.data.file.RowFormat;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.SettingsGroup;
import org.rlhf4j.settings.UsageException;

/**
 * Where a command's rows come from and where their lines go.
 *
 * @param data files of rows
 * @param onBadRow what to do about a bad row
 * @param format how the files are written
 * @param output the file for the lines, or null for stdout
 */
@SettingsGroup("Rows")
record RowLineSettings(
    @Setting(
            help = "File of rows: .csv, .jsonl or .json, also as .gz, or .parquet.",
            required = true)
        List<Path> data,
    @Setting(
            help = "Stop at a bad row, or write {\"error\": …} in its place and go on.",
            defaultValue = "fail")
        OnBadRow onBadRow,
    FormatSettings format,
    @Setting(
            help = "File for the results, there only when all are written.",
            defaultText = "stdout")
        Path output) {

  /** The files with the rows. */
  RowFiles files() {
    return RowFiles.of(
        data, RowFormat.of(format.columns(), format.csvDelimiter(), format.encoding()));
  }

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
