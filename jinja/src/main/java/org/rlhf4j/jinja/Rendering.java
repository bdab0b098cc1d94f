package org.rlhf4j.jinja;

import java.time.LocalDateTime;

/** One rendering: the time that it takes for now, and what is left of its bounds. */
final class Rendering {

  private static final int STEPS = 2_000_000;
  private static final int DEPTH = 64;

  private final LocalDateTime now;
  private int steps;
  private int depth;

  Rendering(LocalDateTime now) {
    this.now = now;
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
