package org.rlhf4j.rollout.program;

/**
 * A text that can be looked at so many times only, since a regular expression may try endlessly. It
 * counts instead of watching a clock, so that a run stays a function of its seed.
 */
final class CountedText implements CharSequence {

  /** Thrown when the looks are used up. */
  static final class UsedUpException extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  private final String text;
  private long left;

  CountedText(String text, long most) {
    this.text = text;
    this.left = most;
  }

  @Override
  public int length() {
    return text.length();
  }

  @Override
  public char charAt(int index) {
    if (--left < 0) {
      throw new UsedUpException();
    }
    return text.charAt(index);
  }

  @Override
  public String subSequence(int start, int end) {
    return text.substring(start, end);
  }

  @Override
  public String toString() {
    return text;
  }
}
