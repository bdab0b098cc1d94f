package org.rlhf4j.training.display;

import java.io.PrintStream;

/** Shows text as {@link PlainText}. */
final class PlainStream extends PrintStream {

  private final PrintStream to;

  private PlainStream(PrintStream to) {
    super(to, true);
    this.to = to;
  }

  /**
   * A stream that shows text so.
   *
   * @param to takes the text
   * @return a stream over it, or the stream itself where that writes control characters out already
   */
  static PrintStream over(PrintStream to) {
    return to instanceof PlainStream || to instanceof JsonStream ? to : new PlainStream(to);
  }

  /**
   * What lies below, for what is drawn on a terminal.
   *
   * @param stream such as {@link #over} gives
   * @return the stream that takes control characters as they are
   */
  static PrintStream below(PrintStream stream) {
    return stream instanceof PlainStream plain ? plain.to : stream;
  }

  @Override
  public void print(char c) {
    print(String.valueOf(c));
  }

  @Override
  public void print(char[] text) {
    print(String.valueOf(text));
  }

  @Override
  public void print(Object object) {
    print(String.valueOf(object));
  }

  @Override
  public void print(String text) {
    to.print(PlainText.of(String.valueOf(text)));
  }

  @Override
  public void println() {
    to.println();
  }

  @Override
  public void println(char c) {
    println(String.valueOf(c));
  }

  @Override
  public void println(char[] text) {
    println(String.valueOf(text));
  }

  @Override
  public void println(Object object) {
    println(String.valueOf(object));
  }

  @Override
  public void println(String text) {
    to.println(PlainText.of(String.valueOf(text)));
  }
}
