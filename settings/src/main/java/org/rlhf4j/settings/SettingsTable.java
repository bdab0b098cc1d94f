package org.rlhf4j.settings;

import java.util.LinkedHashMap;
import java.util.Map;

/** The documentation's tables: one line a setting, one table a heading. */
public final class SettingsTable {

  private SettingsTable() {}

  /**
   * Describes settings in Markdown.
   *
   * @return a table for each heading in the order of first use, headings as {@code ###} lines
   */
  public static String markdown(Settings<?> settings) {
    Map<String, StringBuilder> tables = new LinkedHashMap<>();
    for (SettingSpec spec : settings.specs()) {
      tables.computeIfAbsent(spec.group(), SettingsTable::head).append(row(spec));
    }
    return String.join("\n", tables.values());
  }

  private static StringBuilder head(String group) {
    StringBuilder table = new StringBuilder();
    if (!group.isEmpty()) {
      table.append("### ").append(group).append("\n\n");
    }
    return table.append(
        "| setting | value | default | what it does |\n| --- | --- | --- | --- |\n");
  }

  private static String row(SettingSpec spec) {
    String value = code(spec.label()) + (spec.repeatable() ? ", repeatable" : "");
    return "| "
        + code("--" + spec.name())
        + " | "
        + value
        + " | "
        + defaultOf(spec)
        + " | "
        + escape(spec.help())
        + " |\n";
  }

  private static String defaultOf(SettingSpec spec) {
    if (spec.required()) {
      return "required";
    }
    if (spec.defaultText().isEmpty()) {
      return "–";
    }
    boolean literal = spec.defaultText().equals(spec.defaultValue());
    return literal ? code(spec.defaultText()) : escape(spec.defaultText());
  }

  private static String code(String text) {
    return "`" + escape(text) + "`";
  }

  private static String escape(String text) {
    return text.replace("|", "\\|");
  }
}
