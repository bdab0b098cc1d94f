package org.rlhf4j.jinja;

import java.util.LinkedHashMap;
import java.util.Map;

/** Variables that {@code set} changes from within a loop. */
final class Namespace {

  private final Map<String, Object> variables = new LinkedHashMap<>();

  Object get(String name) {
    return variables.containsKey(name)
        ? variables.get(name)
        : new Undefined("the namespace has no '" + name + "'");
  }

  void set(String name, Object value) {
    if (name.startsWith("_")) {
      throw new TemplateException("the namespace variable '" + name + "' begins with _");
    }
    variables.put(name, value);
  }
}
