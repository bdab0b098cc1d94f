package org.rlhf4j.rollout.program;

import java.util.HashMap;
import java.util.Map;

/**
 * A completion as a program sees it.
 *
 * @param prompt the prompt's text; of messages, as the chat template renders them
 * @param completion the completion's text, without special tokens
 * @param ids the completion's tokens; none while a program is tried before the model is loaded
 * @param ended whether it ended by itself; otherwise it was cut
 * @param answer the row's {@code answer} as text; null where it has none
 * @param fields the row's further fields by name: strings, numbers, booleans, lists and maps of
 *     these. Of {@code .csv} files all are strings
 */
public record CompletedPrompt(
    String prompt,
    String completion,
    int[] ids,
    boolean ended,
    String answer,
    Map<String, Object> fields) {

  private static final int SHOWN = 60;

  /** The same with one field more. */
  CompletedPrompt withField(String name, Object value) {
    Map<String, Object> more = new HashMap<>(fields);
    more.put(name, value);
    return new CompletedPrompt(prompt, completion, ids, ended, answer, more);
  }

  /** The prompt's end, for a message that says which completion was at fault. */
  public String shortPrompt() {
    return shortened(prompt);
  }

  /** A prompt's end, likewise. */
  public static String shortened(String prompt) {
    String line = prompt.strip().replaceAll("\\s+", " ");
    return line.length() <= SHOWN ? line : "…" + line.substring(line.length() - SHOWN);
  }
}
