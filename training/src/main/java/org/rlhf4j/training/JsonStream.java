package org.rlhf4j.training;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
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
    super(new Messages(to), true, StandardCharsets.UTF_8);
    this.to = to;
  }

  /** An object that begins with the time. */
  static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode().put(TIME, Instant.now().toString());
  }

  /** Shows an object. */
  void show(ObjectNode object) {
    to.accept(object.toString());
  }

  /** Gathers lines. */
  private static final class Messages extends OutputStream {

    private final Consumer<String> to;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    Messages(Consumer<String> to) {
      this.to = to;
    }

    @Override
    public synchronized void write(int character) {
      if (character != '\n') {
        line.write(character);
        return;
      }
      String text = line.toString(StandardCharsets.UTF_8).stripTrailing();
      line.reset();
      if (!text.isEmpty()) {
        to.accept(object().put("message", text).toString());
      }
    }
  }
}
