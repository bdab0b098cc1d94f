package org.rlhf4j.jinja;

/** What a template can call. */
@FunctionalInterface
interface Callable {

  /** Calls it with what stands between the parentheses. */
  Object call(Arguments arguments);
}
