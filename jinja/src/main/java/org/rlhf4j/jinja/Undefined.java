package org.rlhf4j.jinja;

/**
 * What a name, a field or an index gives that isn't there: empty as text and as a list, false, and
 * an error in all else.
 *
 * @param what is missing, as a sentence
 */
record Undefined(String what) {

  static Undefined name(String name) {
    return new Undefined("'" + name + "' is undefined");
  }

  TemplateException failure() {
    return new TemplateException(what);
  }
}
