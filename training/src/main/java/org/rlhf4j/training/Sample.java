package org.rlhf4j.training;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * A completion to read: a line of {@code samples.jsonl}.
 *
 * @param prompt the prompt's text
 * @param completion what the model made of it
 * @param ended whether it ended by itself; otherwise it was cut
 * @param score its raw reward; NaN where nothing judges it
 */
public record Sample(String prompt, String completion, boolean ended, double score) {

  /**
   * The line that is written.
   *
   * @param step how many steps the model had made
   * @return step, prompt, completion, ended and, where it is a number, score
   */
  ObjectNode line(int step) {
    ObjectNode line =
        JsonNodeFactory.instance
            .objectNode()
            .put(StepLines.STEP, step)
            .put("prompt", prompt)
            .put("completion", completion)
            .put("ended", ended);
    return Double.isFinite(score) ? line.put("score", score) : line;
  }
}
