package org.rlhf4j.jinja;

/** What writes or changes something. */
@FunctionalInterface
interface Statement {

  /** How a template goes on after a statement. */
  enum Next {
    STATEMENT,
    /** After {@code continue}. */
    ITERATION,
    /** After {@code break}. */
    LOOP_END
  }

  Next run(Scope scope, Output output);
}
