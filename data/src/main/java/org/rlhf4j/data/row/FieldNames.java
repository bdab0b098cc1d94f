package org.rlhf4j.data.row;

import java.util.List;

/** Our names of the fields that rows are made of. A file may call them otherwise. */
public final class FieldNames {

  static final String PROMPT = "prompt";
  static final String COMPLETION = "completion";
  static final String TEXT = "text";
  static final String MESSAGES = "messages";
  static final String CHOSEN = "chosen";
  static final String REJECTED = "rejected";
  static final String COMPLETIONS = "completions";
  static final String MARGIN = "margin";
  static final String ANSWER = "answer";

  /** The fields that tell what a row is. */
  static final List<String> TELLING =
      List.of(PROMPT, COMPLETION, TEXT, MESSAGES, CHOSEN, REJECTED, COMPLETIONS);

  /** All of them. */
  public static final List<String> ALL =
      List.of(PROMPT, COMPLETION, TEXT, MESSAGES, CHOSEN, REJECTED, COMPLETIONS, MARGIN, ANSWER);

  private FieldNames() {}
}
