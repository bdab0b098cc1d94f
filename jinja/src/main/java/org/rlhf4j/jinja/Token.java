package org.rlhf4j.jinja;

/**
 * A piece of a template's source.
 *
 * @param text of a string its value, else as written
 * @param line from 1
 */
record Token(Kind kind, String text, int line) {

  enum Kind {
    /** Text between tags. */
    DATA,
    NAME,
    STRING,
    INTEGER,
    FLOAT,
    OPERATOR,
    VARIABLE_BEGIN,
    VARIABLE_END,
    BLOCK_BEGIN,
    BLOCK_END,
    /** After the last. */
    END
  }

  boolean is(Kind kind, String text) {
    return this.kind == kind && this.text.equals(text);
  }

  /** For messages. */
  String shown() {
    return kind == Kind.END ? "the end of the template" : "\"" + text + "\"";
  }
}
