package org.rlhf4j.rollout.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.charset.StandardCharsets;

/**
 * What a server said.
 *
 * @param status of HTTP
 * @param text the body
 */
record ServerAnswer(int status, String text) {
  private static final int SHOWN = 200;

  /** A log-probability that isn't a number is named as that, not as bad JSON. */
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

  ServerAnswer(int status, byte[] body) {
    this(status, new String(body, StandardCharsets.UTF_8));
  }

  boolean isGood() {
    return status / 100 == 2;
  }

  /** The body as JSON. */
  JsonNode json() throws JsonProcessingException {
    return JSON.readTree(text);
  }

  /** What an error says in words, on one line, with its status. */
  String words() {
    String said = text;
    try {
      JsonNode json = json();
      for (String pointer :
          new String[] {"/error/message", "/error_message", "/message", "/detail"}) {
        if (json.at(pointer).isTextual()) {
          said = json.at(pointer).textValue();
          break;
        }
      }
    } catch (JsonProcessingException e) {
      said = text; // a proxy's page
    }
    String line = line(said);
    return "answers " + status + (line.isEmpty() ? "" : ": \"" + line + "\"");
  }

  /** A foreign text on one line, without what a terminal would obey. */
  static String line(String foreign) {
    String line = foreign.replaceAll("[\\p{Cntrl}\\s]+", " ").strip();
    return line.length() <= SHOWN ? line : line.substring(0, SHOWN) + "…";
  }
}
