package org.rlhf4j.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** What pages draw of a reward model's evaluation, its texts cut to a bound. */
final class EvaluationData {

  private static final List<String> SERIES = List.of("calibration", "margins", "breakdowns");
  private static final List<String> TEXTS = List.of("prompt", "chosen", "rejected");

  /** Characters of a text where no one asks for fewer. */
  static final int TEXT = 4_000;

  private EvaluationData() {}

  /**
   * Takes out what is drawn.
   *
   * @param evaluation {@code evaluation.json}, of any stage or missing
   * @param text the most characters of a text
   * @return {@code calibration}, {@code margins}, {@code breakdowns}, {@code most_wrong}; each
   *     empty where there is none
   */
  static ObjectNode bounded(JsonNode evaluation, int text) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    for (String name : SERIES) {
      node.set(name, array(evaluation, name));
    }
    ArrayNode wrong = node.putArray("most_wrong");
    for (JsonNode pair : array(evaluation, "most_wrong")) {
      ObjectNode shown = pair.deepCopy();
      TEXTS.forEach(name -> shown.put(name, ReportData.cut(shown.path(name).asText(), text)));
      wrong.add(shown);
    }
    return node;
  }

  private static JsonNode array(JsonNode evaluation, String name) {
    JsonNode values = evaluation.path(name);
    return values.isArray() ? values : JsonNodeFactory.instance.arrayNode();
  }
}
