package org.rlhf4j.training.run;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/**
 * A completion to read: a line of {@code samples.jsonl}.
 *
 * @param prompt the prompt's text
 * @param completion what the model made of it
 * @param ended whether it ended by itself; otherwise it was cut
 * @param score its raw reward; NaN where nothing judges it
 * @param rewards the score's parts where it is a sum of several; else empty
 */
public record Sample(
    String prompt, String completion, boolean ended, double score, Map<String, Double> rewards) {

  /** A completion whose score isn't a sum. */
  public Sample(String prompt, String completion, boolean ended, double score) {
    this(prompt, completion, ended, score, Map.of());
  }

  /**
   * The line that is written.
   *
   * @param step how many steps the model had made
   * @return step, prompt, completion, ended and, where there are such, score and rewards
   */
  public ObjectNode line(int step) {
    ObjectNode line =
        JsonNodeFactory.instance
            .objectNode()
            .put(StepLines.STEP, step)
            .put("prompt", prompt)
            .put("completion", completion)
            .put("ended", ended);
    if (Double.isFinite(score)) {
      line.put("score", score);
    }
    if (!rewards.isEmpty()) {
      line.set("rewards", rewards(rewards));
    }
    return line;
  }

  /**
   * A score's parts as an object.
   *
   * @param rewards by name, NaN where one doesn't apply
   * @return numbers, null where one doesn't apply
   */
  public static ObjectNode rewards(Map<String, Double> rewards) {
    ObjectNode parts = JsonNodeFactory.instance.objectNode();
    rewards.forEach((name, reward) -> parts.put(name, reward.isNaN() ? null : reward));
    return parts;
  }
}
