package org.rlhf4j.jinja;

/**
 * A part of a text.
 *
 * @param begin its first character
 * @param end one after its last
 */
public record Span(int begin, int end) {

  /** Checks the order. */
  public Span {
    if (begin < 0 || end < begin) {
      throw new IllegalArgumentException("no span from " + begin + " to " + end);
    }
  }
}
