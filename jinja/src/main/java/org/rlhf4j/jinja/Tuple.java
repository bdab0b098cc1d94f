package org.rlhf4j.jinja;

import java.util.List;

/** Python's tuple: a list of its own type. */
record Tuple(List<Object> items) {

  static Tuple of(Object... items) {
    return new Tuple(List.of(items));
  }
}
