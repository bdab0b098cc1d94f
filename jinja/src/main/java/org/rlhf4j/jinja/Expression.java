package org.rlhf4j.jinja;

/** What has a value. */
@FunctionalInterface
interface Expression {

  Object value(Scope scope);

  default boolean holds(Scope scope) {
    return Values.isTrue(value(scope));
  }
}
