package org.rlhf4j.training.display;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Gathers what is written into lines, and gives on each that isn't empty. */
final class LineStream extends OutputStream {

  private final Consumer<String> to;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();

  /**
   * Writes lines.
   *
   * @param to takes each, without its end and without white space before that
   */
  LineStream(Consumer<String> to) {
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
      to.accept(text);
    }
  }
}
