package org.rlhf4j.data.row;

import java.util.Optional;
import org.rlhf4j.data.file.Location;

/** A row of data: a demonstration, a comparison or a prompt. Text is kept as the file has it. */
public sealed interface Row permits Demonstration, Comparison, PromptRow {

  /**
   * Returns the prompt's text.
   *
   * @return the prompt; empty where there is none
   */
  String prompt();

  /**
   * Returns the messages of a row that is given as such. Its texts are then a transcript that no
   * model reads.
   *
   * @return the messages, or nothing where the row is text
   */
  Optional<Messages> messages();

  /**
   * Returns where the row begins.
   *
   * @return its place
   */
  Location location();

  /**
   * Returns the text that decides whether the row is held out: the prompt, or where that is empty
   * the completion (of a comparison, the chosen one).
   *
   * @return the text
   */
  String splitKey();
}
