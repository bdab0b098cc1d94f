package org.rlhf4j.data.row;

import java.util.List;

/** Names of the fields that rows are made of. A file may call ours otherwise. */
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
  static final String TOOLS = "tools";
  static final String SYSTEM = "system";
  static final String HISTORY = "history";

  /** The fields that tell what a row is. */
  static final List<String> TELLING =
      List.of(PROMPT, COMPLETION, TEXT, MESSAGES, CHOSEN, REJECTED, COMPLETIONS);

  /** Ours: what {@code --columns} can name. */
  public static final List<String> ALL =
      List.of(
          PROMPT,
          COMPLETION,
          TEXT,
          MESSAGES,
          CHOSEN,
          REJECTED,
          COMPLETIONS,
          MARGIN,
          ANSWER,
          TOOLS,
          SYSTEM,
          HISTORY);

  private FieldNames() {}
}
