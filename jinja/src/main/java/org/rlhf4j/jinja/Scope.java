package org.rlhf4j.jinja;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Variables as a part of a template sees them: its own before those around it. */
final class Scope {

  private final Scope around;
  private final Rendering rendering;
  private final Map<String, Object> variables;

  private Scope(Scope around, Rendering rendering, Map<String, Object> variables) {
    this.around = around;
    this.rendering = rendering;
    this.variables = variables;
  }

  /** The outermost: functions, and on top of them what the template is given. */
  static Scope outermost(Rendering rendering, Map<String, Object> given) {
    Scope functions = new Scope(null, rendering, Globals.of(rendering));
    return new Scope(functions, rendering, new HashMap<>(given));
  }

  Scope inner() {
    return new Scope(this, rendering, new HashMap<>());
  }

  Rendering rendering() {
    return rendering;
  }

  Object get(String name) {
    for (Scope scope = this; scope != null; scope = scope.around) {
      if (scope.variables.containsKey(name)) {
        return scope.variables.get(name);
      }
    }
    return Undefined.name(name);
  }

  void set(String name, Object value) {
    variables.put(name, value);
  }

  /** Assigns to one name, or to several what the value holds. */
  void assign(List<String> names, boolean several, Object value) {
    if (!several) {
      set(names.get(0), value);
      return;
    }
    List<Object> items = Values.items(value);
    if (items.size() != names.size()) {
      throw new TemplateException(
          items.size() + " values can't be taken apart into " + names.size() + " variables");
    }
    for (int i = 0; i < items.size(); i++) {
      set(names.get(i), items.get(i));
    }
  }
}
