package org.rlhf4j.jinja;

import java.time.LocalDateTime;

/**
 * One rendering: the time that it takes for now, and what is left of its bounds.
 *
 * <p>Steps bound how many tags and calls run, work bounds what each of them does: characters and
 * values that are read, compared, copied or made. Work that is done bounds the time, and since what
 * is kept was made before, the memory.
 */
final class Rendering {

  /** What it costs to compare a value or to put it into a list; a character costs 1. */
  static final int ITEM = 8;

  /** What it costs to make a value. */
  static final int VALUE = 64;

  private static final int STEPS = 2_000_000;
  private static final int DEPTH = 64;
  private static final long WORK = 1 << 27;

  /** How often the variables' own text may be gone through, on top of {@link #WORK}. */
  private static final int PASSES = 64;

  private static final ThreadLocal<Rendering> CURRENT = new ThreadLocal<>();

  private final LocalDateTime now;
  private long workLeft;
  private int steps;
  private int depth;

  /**
   * Bounds what is rendered.
   *
   * @param characters of the variables
   */
  Rendering(LocalDateTime now, long characters) {
    this.now = now;
    this.workLeft = WORK + PASSES * characters;
  }

  /** Runs the template on this thread, where {@link #work} counts for this rendering. */
  void run(Runnable template) {
    CURRENT.set(this);
    try {
      template.run();
    } finally {
      CURRENT.remove();
    }
  }

  /** Counts work that is about to be done; reading a template needs no bound but its length. */
  static void work(long cost) {
    Rendering rendering = CURRENT.get();
    if (rendering == null) {
      return;
    }
    rendering.workLeft -= cost;
    if (rendering.workLeft < 0) {
      throw new TemplateException("the template does more work than its messages can need");
    }
  }

  /** Counts a search of a text for a part, at every place of which the part may be compared. */
  static void search(String text, String part) {
    work(text.length() * (1 + part.length() / 16L));
  }

  LocalDateTime now() {
    return now;
  }

  /** Counts a step. */
  void step() {
    if (++steps > STEPS) {
      throw new TemplateException("more than " + STEPS + " steps");
    }
  }

  void enterMacro() {
    if (++depth > DEPTH) {
      throw new TemplateException("macros that call each other more than " + DEPTH + " deep");
    }
  }

  void leaveMacro() {
    depth--;
  }
}
