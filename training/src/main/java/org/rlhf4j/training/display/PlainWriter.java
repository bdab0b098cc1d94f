package org.rlhf4j.training.display;

import java.io.PrintWriter;

/** Shows text as {@link PlainText}. */
public final class PlainWriter extends PrintWriter {

  /**
   * A writer that shows text so.
   *
   * @param to takes the text
   */
  public PlainWriter(PrintWriter to) {
    super(to, true);
  }

  @Override
  public void write(int c) {
    write(String.valueOf((char) c));
  }

  @Override
  public void write(char[] text, int offset, int length) {
    write(String.valueOf(text, offset, length));
  }

  @Override
  public void write(String text, int offset, int length) {
    String plain = PlainText.of(text.substring(offset, offset + length));
    super.write(plain, 0, plain.length());
  }
}
