package org.rlhf4j.data.row;

import org.rlhf4j.data.file.Fields;

/** The forms of a row that its fields can tell. */
enum RowForm {
  DEMONSTRATION("prompt, completion"),
  TEXT("text"),
  MESSAGES("messages"),
  COMPARISON("prompt, chosen, rejected"),
  DIALOGUES("chosen, rejected"),
  RANKING("prompt, completions"),
  PROMPT("prompt");

  private final String fields;

  RowForm(String fields) {
    this.fields = fields;
  }

  /** The fields that tell it. */
  String fields() {
    return fields;
  }

  /** The form of a good row: a comparison before a demonstration before a prompt. */
  static RowForm of(Fields row) {
    if (row.has("completions")) {
      return RANKING;
    }
    if (row.has("chosen")) {
      return row.has("prompt") ? COMPARISON : DIALOGUES;
    }
    if (row.has("completion")) {
      return DEMONSTRATION;
    }
    if (row.has("prompt")) {
      return PROMPT;
    }
    return row.has("messages") ? MESSAGES : TEXT;
  }
}
