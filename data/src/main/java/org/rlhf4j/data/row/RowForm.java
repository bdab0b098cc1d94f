package org.rlhf4j.data.row;

import org.rlhf4j.data.file.Fields;

/** The forms of a row that its fields can tell. */
enum RowForm {
  DEMONSTRATION(FieldNames.PROMPT, FieldNames.COMPLETION),
  TEXT(FieldNames.TEXT),
  MESSAGES(FieldNames.MESSAGES),
  COMPARISON(FieldNames.PROMPT, FieldNames.CHOSEN, FieldNames.REJECTED),
  DIALOGUES(FieldNames.CHOSEN, FieldNames.REJECTED),
  RANKING(FieldNames.PROMPT, FieldNames.COMPLETIONS),
  PROMPT(FieldNames.PROMPT);

  private final String fields;

  RowForm(String... fields) {
    this.fields = String.join(", ", fields);
  }

  /** The fields that tell it. */
  String fields() {
    return fields;
  }

  /** The form of a good row: a comparison before a demonstration before a prompt. */
  static RowForm of(Fields row) {
    if (row.has(FieldNames.COMPLETIONS)) {
      return RANKING;
    }
    if (row.has(FieldNames.CHOSEN)) {
      return row.has(FieldNames.PROMPT) ? COMPARISON : DIALOGUES;
    }
    if (row.has(FieldNames.COMPLETION)) {
      return DEMONSTRATION;
    }
    if (row.has(FieldNames.PROMPT)) {
      return PROMPT;
    }
    return row.has(FieldNames.MESSAGES) ? MESSAGES : TEXT;
  }
}
