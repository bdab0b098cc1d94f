package org.rlhf4j.data;

import java.util.List;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.SettingsGroup;

/**
 * How the rows of data files are written, as far as a file's name doesn't tell.
 *
 * @param columns our names of fields and the files' own, where they differ
 * @param csvDelimiter between the cells of a CSV record
 * @param encoding of text files
 */
@SettingsGroup("Data")
public record FormatSettings(
    @Setting(
            help =
                "Fields that the files call otherwise, our name first:"
                    + " prompt=question,completion=answer.")
        List<String> columns,
    @Setting(help = "Character between the cells of .csv, or tab.", defaultValue = ",")
        String csvDelimiter,
    @Setting(
            help = "Encoding of .csv, .jsonl and .json, such as iso-8859-1.",
            defaultValue = "utf-8")
        String encoding) {

  /** Keeps a copy. */
  public FormatSettings {
    columns = List.copyOf(columns);
  }
}
