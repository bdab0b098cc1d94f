package org.rlhf4j.data.row;

import static org.rlhf4j.data.row.FieldNames.ANSWER;
import static org.rlhf4j.data.row.FieldNames.CHOSEN;
import static org.rlhf4j.data.row.FieldNames.COMPLETION;
import static org.rlhf4j.data.row.FieldNames.COMPLETIONS;
import static org.rlhf4j.data.row.FieldNames.MARGIN;
import static org.rlhf4j.data.row.FieldNames.PROMPT;
import static org.rlhf4j.data.row.FieldNames.REJECTED;
import static org.rlhf4j.data.row.FieldNames.TEXT;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.rlhf4j.data.file.BadRowException;
import org.rlhf4j.data.file.Fields;

/**
 * What a command wants of each row. A row's kind is told by its fields; where it is of another kind
 * the wanted part is taken out if it is there (the chosen side of a comparison as a demonstration,
 * the prompt of any row), else the row is bad. Message lists may stand for any of the texts, and
 * {@code messages} for a whole dialogue; see {@link MessageRows}.
 *
 * @param <T> the rows' type
 */
public final class RowKind<T extends Row> {

  /** Demonstrations: {@code prompt, completion} or {@code text}; of comparisons the best side. */
  public static final RowKind<Demonstration> DEMONSTRATIONS = new RowKind<>(RowKind::demonstration);

  /**
   * Comparisons: {@code prompt, chosen, rejected}, whole dialogues in {@code chosen, rejected}, or
   * {@code prompt, completions} best first; with the margin in {@code margin}, if any.
   */
  public static final RowKind<Comparison> COMPARISONS =
      new RowKind<>(fields -> comparison(fields, fields.number(MARGIN).orElse(0.0)));

  /** The prompt of any row that has one. */
  public static final RowKind<PromptRow> PROMPTS = new RowKind<>(RowKind::promptRow);

  /** The same with the row's further fields, for programs that judge completions by them. */
  public static final RowKind<PromptRow> PROMPTS_WITH_FIELDS =
      new RowKind<>(fields -> promptRow(fields).withFields(fields.without(PROMPT, ANSWER)));

  /** Any row, as its fields tell: a comparison before a demonstration before a prompt. */
  public static final RowKind<Row> ANY = new RowKind<>(RowKind::any);

  private final Function<Fields, T> row;

  private RowKind(Function<Fields, T> row) {
    this.row = row;
  }

  /**
   * Comparisons with a margin and values of further fields, which then every row must have.
   *
   * @param marginColumn the field with the margin: {@code --margin-column}; null for {@code margin}
   *     where a row has it
   * @param columns names of further fields: {@code --by}
   * @return the kind
   */
  public static RowKind<Comparison> comparisons(String marginColumn, List<String> columns) {
    return new RowKind<>(
        fields ->
            comparison(fields, margin(fields, marginColumn)).withColumns(values(fields, columns)));
  }

  private static double margin(Fields fields, String column) {
    return column == null
        ? fields.number(MARGIN).orElse(0.0)
        : fields.number(column).orElseThrow(() -> missing(fields, column, "--margin-column"));
  }

  private static Map<String, String> values(Fields fields, List<String> columns) {
    Map<String, String> values = new LinkedHashMap<>();
    for (String column : columns) {
      values.put(column, fields.scalar(column).orElseThrow(() -> missing(fields, column, "--by")));
    }
    return values;
  }

  private static BadRowException missing(Fields fields, String column, String setting) {
    return fields.bad("no \"" + column + "\" " + fields.names() + "; add it or change " + setting);
  }

  /** Makes the row of its fields, or throws {@link BadRowException}. */
  T of(Fields fields) {
    return row.apply(fields);
  }

  static boolean isComparison(Fields fields) {
    return fields.has(CHOSEN) || fields.has(REJECTED) || fields.has(COMPLETIONS);
  }

  private static Row any(Fields fields) {
    if (MessageRows.isOne(fields)) {
      return MessageRows.any(fields, fields.number(MARGIN).orElse(0.0));
    }
    if (isComparison(fields)) {
      return comparison(fields, fields.number(MARGIN).orElse(0.0));
    }
    if (fields.has(COMPLETION) || (fields.has(TEXT) && !fields.has(PROMPT))) {
      return demonstration(fields);
    }
    if (fields.has(PROMPT)) {
      return promptRow(fields);
    }
    throw fields.bad(
        "no field says what kind of row this is "
            + fields.names()
            + "; it needs prompt, completion or text, or chosen and rejected"
            + otherwise(fields));
  }

  /** What to do where none of a row's fields is one of ours: nothing where there is one. */
  private static String otherwise(Fields fields) {
    if (fields.isEmpty() || FieldNames.TELLING.stream().anyMatch(fields::has)) {
      return "";
    }
    return fields
        .delimiter()
        .map(
            found ->
                "; its cells seem to stand between '"
                    + found
                    + "': --csv-delimiter '"
                    + found
                    + "'")
        .orElseGet(() -> "; a field of another name: --columns prompt=" + fields.first());
  }

  private static Demonstration demonstration(Fields fields) {
    if (MessageRows.isOne(fields)) {
      return MessageRows.demonstration(fields);
    }
    if (fields.has(COMPLETION)) {
      return new Demonstration(
          fields.text(PROMPT), fields.text(COMPLETION), false, fields.location());
    }
    if (isComparison(fields)) {
      return comparison(fields, 0).demonstration();
    }
    if (fields.has(TEXT)) {
      return new Demonstration("", fields.text(TEXT), true, fields.location());
    }
    throw fields.bad(
        "not a demonstration "
            + fields.names()
            + "; it needs prompt and completion, or text, or chosen and rejected"
            + otherwise(fields));
  }

  private static Comparison comparison(Fields fields, double margin) {
    if (MessageRows.isOne(fields)) {
      return MessageRows.comparison(fields, margin);
    }
    if (fields.has(COMPLETIONS)) {
      return ranking(fields, margin);
    }
    if (!isComparison(fields)) {
      throw fields.bad(
          "not a comparison "
              + fields.names()
              + "; it needs chosen and rejected, with a prompt or as whole dialogues"
              + otherwise(fields));
    }
    String chosen = fields.text(CHOSEN);
    String rejected = fields.text(REJECTED);
    if (fields.has(PROMPT)) {
      return new Comparison(fields.text(PROMPT), chosen, rejected, margin, fields.location());
    }
    DialoguePair pair = DialoguePair.split(chosen, rejected);
    return new Comparison(pair.prompt(), pair.chosen(), pair.rejected(), margin, fields.location());
  }

  private static Comparison ranking(Fields fields, double margin) {
    List<String> completions = fields.texts(COMPLETIONS);
    if (completions.size() < 2) {
      throw fields.bad("\"completions\" lists fewer than two; give at least two, best first");
    }
    return new Comparison(fields.text(PROMPT), completions, margin, fields.location());
  }

  private static PromptRow promptRow(Fields fields) {
    if (MessageRows.isOne(fields)) {
      return MessageRows.prompt(fields);
    }
    String prompt;
    if (fields.has(PROMPT)) {
      prompt = fields.text(PROMPT);
    } else if (fields.has(CHOSEN) && fields.has(REJECTED)) {
      prompt = comparison(fields, 0).prompt();
    } else {
      throw fields.bad(
          "no prompt "
              + fields.names()
              + "; it needs prompt, or chosen and rejected"
              + otherwise(fields));
    }
    return new PromptRow(prompt, fields.scalar(ANSWER), fields.location());
  }
}
