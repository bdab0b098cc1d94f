package org.rlhf4j.jinja;

/** A template that can't be read or rendered: one line that names the construct and its place. */
public final class TemplateException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private static final String CORRECT_IT = "correct the template";

  private final String what;
  private final String advice;
  private final boolean placed;

  TemplateException(String what) {
    this(what, CORRECT_IT, "", null);
  }

  private TemplateException(String what, String advice, String place, Throwable cause) {
    super(place + what + "; " + advice, cause);
    this.what = what;
    this.advice = advice;
    this.placed = !place.isEmpty();
  }

  /** What this engine leaves out of Jinja. */
  static TemplateException unsupported(String construct) {
    return new TemplateException(
        construct + " isn't supported",
        "change the template, or give text instead of messages",
        "",
        null);
  }

  /** What the template itself refuses. */
  static TemplateException refusal(String message) {
    return new TemplateException(
        "the template refuses these messages (" + message + ")", "change them", "", null);
  }

  /** The same failure with its place, unless it has one. */
  TemplateException at(String name, int line) {
    return placed ? this : new TemplateException(what, advice, name + ":" + line + ": ", this);
  }
}
