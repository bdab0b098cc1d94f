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
import java.util.function.Predicate;
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
  public static final RowKind<Demonstration> DEMONSTRATIONS =
      new RowKind<>(RowKind::demonstration, name -> false);

  /**
   * Comparisons: {@code prompt, chosen, rejected}, whole dialogues in {@code chosen, rejected}, or
   * {@code prompt, completions} best first; with the margin in {@code margin}, if any.
   */
  public static final RowKind<Comparison> COMPARISONS =
      new RowKind<>(row -> comparison(row, margin(row)), MARGIN::equals);

  /** The prompt of any row that has one. */
  public static final RowKind<PromptRow> PROMPTS =
      new RowKind<>(RowKind::promptRow, ANSWER::equals);

  /** The same with the row's further fields, for programs that judge completions by them. */
  public static final RowKind<PromptRow> PROMPTS_WITH_FIELDS =
      new RowKind<>(
          row -> promptRow(row).withFields(row.given().without(PROMPT, ANSWER)), name -> true);

  /** Any row, as its fields tell: a comparison before a demonstration before a prompt. */
  public static final RowKind<Row> ANY =
      new RowKind<>(RowKind::any, name -> name.equals(MARGIN) || name.equals(ANSWER));

  private static final String UNPAIRED =
      "a completion with a label that says whether it is good, as KTO takes it; no stage trains on"
          + " that. For sft, keep the rows whose label is true and leave the label out. For reward,"
          + " give a good and a bad completion of one prompt as chosen and rejected. For ppo and"
          + " grpo, leave completion and label out";

  private final Function<RecognisedRow, T> row;
  private final Predicate<String> reads;

  private RowKind(Function<RecognisedRow, T> row, Predicate<String> reads) {
    this.row = row;
    this.reads = reads;
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
    String marginName = marginColumn == null ? MARGIN : marginColumn;
    return new RowKind<>(
        row ->
            comparison(row, marginColumn == null ? margin(row) : margin(row, marginColumn))
                .withColumns(values(row.given(), columns)),
        name -> name.equals(marginName) || columns.contains(name));
  }

  private static double margin(RecognisedRow row) {
    return row.fields().number(MARGIN).orElse(0.0);
  }

  private static double margin(RecognisedRow row, String column) {
    return row.given()
        .number(column)
        .orElseThrow(() -> missing(row.given(), column, "--margin-column"));
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

  /** Makes the row of what was recognised, or throws {@link BadRowException}. */
  T of(RecognisedRow recognised) {
    return row.apply(recognised);
  }

  /** Whether this takes a field that no layout reads. */
  boolean reads(String name) {
    return reads.test(name);
  }

  private static Row any(RecognisedRow row) {
    if (row.isMessages()) {
      return MessageRows.any(row, margin(row));
    }
    if (row.isComparison()) {
      return comparison(row, margin(row));
    }
    Fields fields = row.fields();
    if (fields.has(COMPLETION) || (fields.has(TEXT) && !fields.has(PROMPT))) {
      return demonstrated(row);
    }
    if (fields.has(PROMPT)) {
      return promptRow(row);
    }
    throw row.given()
        .bad(
            "no field says what kind of row this is "
                + row.given().names()
                + "; it needs prompt, completion or text, or chosen and rejected"
                + ColumnsHint.of(row.given(), false));
  }

  private static Demonstration demonstration(RecognisedRow row) {
    requirePaired(row);
    return demonstrated(row);
  }

  private static Demonstration demonstrated(RecognisedRow row) {
    if (row.isMessages()) {
      return MessageRows.demonstration(row);
    }
    Fields fields = row.fields();
    if (fields.has(COMPLETION)) {
      RepeatedPrompt texts =
          RepeatedPrompt.off(row, row.text(PROMPT), List.of(row.text(COMPLETION)));
      return new Demonstration(
          texts.prompt(), texts.completions().get(0), false, fields.location());
    }
    if (row.isComparison()) {
      return comparison(row, 0).demonstration();
    }
    if (fields.has(TEXT)) {
      return new Demonstration("", row.text(TEXT), true, fields.location());
    }
    throw row.given()
        .bad(
            "not a demonstration "
                + row.given().names()
                + "; it needs prompt and completion, or text, or chosen and rejected"
                + ColumnsHint.of(row.given(), true));
  }

  private static void requirePaired(RecognisedRow row) {
    if (row.layout() == RowLayout.UNPAIRED) {
      throw row.given().bad(UNPAIRED);
    }
  }

  private static Comparison comparison(RecognisedRow row, double margin) {
    requirePaired(row);
    if (row.isMessages()) {
      return MessageRows.comparison(row, margin);
    }
    Fields fields = row.fields();
    if (fields.has(COMPLETIONS)) {
      return ranking(row, margin);
    }
    if (!row.isComparison()) {
      throw row.given()
          .bad(
              "not a comparison "
                  + row.given().names()
                  + "; it needs chosen and rejected, with a prompt or as whole dialogues"
                  + ColumnsHint.delimiter(row.given()));
    }
    String chosen = row.text(CHOSEN);
    String rejected = row.text(REJECTED);
    if (fields.has(PROMPT)) {
      return comparison(row, row.text(PROMPT), List.of(chosen, rejected), margin);
    }
    DialoguePair pair = DialoguePair.split(chosen, rejected);
    if (pair.prompt().isEmpty()) {
      ColumnsHint.requireNoPrompt(row.given());
    }
    return new Comparison(pair.prompt(), pair.chosen(), pair.rejected(), margin, fields.location());
  }

  private static Comparison comparison(
      RecognisedRow row, String prompt, List<String> completions, double margin) {
    RepeatedPrompt texts = RepeatedPrompt.off(row, prompt, completions);
    return new Comparison(texts.prompt(), texts.completions(), margin, row.fields().location());
  }

  private static Comparison ranking(RecognisedRow row, double margin) {
    List<String> completions = row.fields().texts(COMPLETIONS);
    if (completions.size() < 2) {
      throw row.given().bad("\"completions\" lists fewer than two; give at least two, best first");
    }
    return comparison(row, row.text(PROMPT), completions, margin);
  }

  private static PromptRow promptRow(RecognisedRow row) {
    requirePaired(row);
    if (row.isMessages()) {
      return MessageRows.prompt(row);
    }
    Fields fields = row.fields();
    String prompt;
    if (fields.has(PROMPT)) {
      prompt = row.text(PROMPT);
    } else if (fields.has(CHOSEN) && fields.has(REJECTED)) {
      prompt = comparison(row, 0).prompt();
    } else {
      throw row.given()
          .bad(
              "no prompt "
                  + row.given().names()
                  + "; it needs prompt, or chosen and rejected"
                  + ColumnsHint.of(row.given(), false));
    }
    return new PromptRow(prompt, fields.scalar(ANSWER), fields.location());
  }
}
