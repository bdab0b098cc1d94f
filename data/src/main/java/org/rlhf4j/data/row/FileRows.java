package org.rlhf4j.data.row;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * How the good rows of one file were read.
 *
 * @param file its name
 * @param forms rows by the fields that told their form
 * @param ignored rows by each field that says something in them and that nothing reads
 * @param remarks rows by what was guessed, taken off or left out in them
 * @param blank rows left out since they are empty
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record FileRows(
    String file,
    Map<String, Integer> forms,
    Map<String, Integer> ignored,
    Map<String, Integer> remarks,
    int blank) {

  /** Keeps unmodifiable copies. */
  public FileRows {
    forms = copy(forms);
    ignored = copy(ignored);
    remarks = copy(remarks);
  }

  private static Map<String, Integer> copy(Map<String, Integer> counts) {
    return Collections.unmodifiableMap(new LinkedHashMap<>(counts));
  }

  /**
   * Sums up the forms of several files.
   *
   * @param files the files
   * @return rows by the fields that told their form
   */
  public static Map<String, Integer> forms(List<FileRows> files) {
    Map<String, Integer> all = new LinkedHashMap<>();
    for (RowLayout layout : RowLayout.values()) {
      for (FileRows file : files) {
        file.forms.forEach(
            (form, count) -> {
              if (form.equals(layout.fields()) || form.startsWith(layout.fields() + " ")) {
                all.putIfAbsent(form, 0);
              }
            });
      }
    }
    files.forEach(
        file -> file.forms.forEach((form, count) -> all.merge(form, count, Integer::sum)));
    return all;
  }

  /** Whether there is more to say than the form. */
  public boolean saysMore() {
    return !ignored.isEmpty() || !remarks.isEmpty() || blank > 0;
  }

  /**
   * Says how the file was read.
   *
   * @return one line
   */
  public String text() {
    int rows = forms.values().stream().mapToInt(Integer::intValue).sum();
    List<String> parts = new ArrayList<>();
    parts.add(file + ": read as " + String.join("; ", forms.keySet()));
    if (!ignored.isEmpty()) {
      parts.add(
          ignored.entrySet().stream()
              .map(
                  field ->
                      name(field.getKey()) + (field.getValue() < rows ? in(field.getValue()) : ""))
              .collect(Collectors.joining(", ", "ignored: ", "")));
    }
    remarks.forEach(
        (what, count) -> parts.add(String.format(Locale.ROOT, "%,d rows %s", count, what)));
    if (blank > 0) {
      parts.add(String.format(Locale.ROOT, "%,d empty rows left out", blank));
    }
    return String.join("; ", parts);
  }

  private static String name(String field) {
    return field.isEmpty() ? "a column without a name" : field;
  }

  private static String in(int rows) {
    return String.format(Locale.ROOT, " (in %,d rows)", rows);
  }

  /** Counts a file's rows. */
  static final class Builder {
    private final String file;
    private final Map<String, Integer> forms = new LinkedHashMap<>();
    private final Map<String, Integer> ignored = new LinkedHashMap<>();
    private final Map<String, Integer> remarks = new LinkedHashMap<>();
    private int blank;

    Builder(String file) {
      this.file = file;
    }

    void count(RecognisedRow row, RowKind<?> kind) {
      forms.merge(row.form(), 1, Integer::sum);
      row.ignored(kind).forEach(name -> ignored.merge(name, 1, Integer::sum));
      row.notes().remarks().forEach(what -> remarks.merge(what, 1, Integer::sum));
    }

    void blank(int rows) {
      blank = rows;
    }

    FileRows build() {
      return new FileRows(file, forms, ignored, remarks, blank);
    }
  }
}
