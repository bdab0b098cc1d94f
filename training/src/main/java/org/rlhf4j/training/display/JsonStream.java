package org.rlhf4j.training.display;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.function.Consumer;

/**
 * Shows each line of text as a JSON object, {@code {"time", "message"}}, and objects as they are.
 */
final class JsonStream extends PrintStream {

  private static final String TIME = "time";

  private final Consumer<String> to;

  /**
   * Writes JSON.
   *
   * @param to takes the objects, as text
   */
  JsonStream(Consumer<String> to) {
    super(
        new LineStream(text -> to.accept(line(object().put("message", text)))),
        true,
        StandardCharsets.UTF_8);
    this.to = to;
  }

  /** An object that begins with the time. */
  static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode().put(TIME, Instant.now().toString());
  }

  /** Shows an object. */
  void show(ObjectNode object) {
    to.accept(line(object));
  }

  /** Written out in JSON's way, so that who reads it gets the characters themselves. */
  private static String line(ObjectNode object) {
    return PlainText.of(object.toString());
  }
}
