package org.rlhf4j.data.row;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.rlhf4j.data.file.Fields;

/**
 * What to do where a row's fields have none of our names. {@code --columns} is offered only where a
 * field is text that can be what we want, and no other field of its kind would be lost.
 */
final class ColumnsHint {

  private static final List<String> PROMPTS =
      List.of("question", "query", "instruction", "input", "problem", "context", "user", "human");
  private static final List<String> COMPLETIONS =
      List.of("answer", "response", "output", "solution", "reply", "assistant");

  private ColumnsHint() {}

  /**
   * A hint to go behind a message.
   *
   * @param answered whether a completion is wanted too
   * @return it, or an empty text
   */
  static String of(Fields row, boolean answered) {
    if (row.isEmpty() || FieldNames.TELLING.stream().anyMatch(row::has)) {
      return "";
    }
    String delimiter = delimiter(row);
    return delimiter.isEmpty() ? columns(row, answered) : delimiter;
  }

  /** The delimiter that would part a header which was read as one name. */
  static String delimiter(Fields row) {
    return row.delimiter()
        .map(
            found ->
                "; its cells seem to stand between '"
                    + found
                    + "': --csv-delimiter '"
                    + found
                    + "'")
        .orElse("");
  }

  private static String columns(Fields row, boolean answered) {
    Optional<String> prompt = only(row, PROMPTS).or(() -> onlyText(row));
    Optional<String> completion = only(row, COMPLETIONS);
    if (prompt.isEmpty() || (answered && completion.isEmpty())) {
      return "";
    }
    return "; a field of another name: --columns prompt="
        + prompt.get()
        + (answered ? ",completion=" + completion.get() : "");
  }

  /** Refuses a pair without a prompt where a field beside it looks like one. */
  static void requireNoPrompt(Fields row) {
    texts(row, PROMPTS)
        .findFirst()
        .ifPresent(
            name -> {
              throw row.bad(
                  "no prompt "
                      + row.names()
                      + ", and chosen and rejected share none; is it \""
                      + name
                      + "\"? "
                      + only(row, PROMPTS)
                          .map(only -> "--columns prompt=" + only)
                          .orElse("put the prompt into one field"));
            });
  }

  private static Optional<String> only(Fields row, List<String> names) {
    List<String> found = texts(row, names).toList();
    return found.size() == 1 ? Optional.of(found.get(0)) : Optional.empty();
  }

  private static Stream<String> texts(Fields row, List<String> names) {
    return names.stream().filter(name -> row.value(name).isTextual() && row.says(name));
  }

  private static Optional<String> onlyText(Fields row) {
    List<String> given = row.given();
    return given.size() == 1 && row.value(given.get(0)).isTextual()
        ? Optional.of(given.get(0))
        : Optional.empty();
  }
}
