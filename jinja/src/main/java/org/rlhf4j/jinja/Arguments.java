package org.rlhf4j.jinja;

import java.util.List;
import java.util.Map;

/**
 * What a function, a filter or a test is called with.
 *
 * @param of its name, for messages
 */
record Arguments(String of, List<Object> positional, Map<String, Object> named) {

  /** The same for a function of this name. */
  Arguments to(String name) {
    return new Arguments(name, positional, named);
  }

  /** Refuses what the called one doesn't take; {@code names} are its parameters in order. */
  Arguments accept(String... names) {
    if (positional.size() > names.length) {
      throw new TemplateException(of + " takes at most " + names.length + " arguments");
    }
    for (String given : named.keySet()) {
      int index = List.of(names).indexOf(given);
      if (index < 0 || index < positional.size()) {
        throw new TemplateException(of + " doesn't take the argument " + given);
      }
    }
    return this;
  }

  boolean has(int index, String name) {
    return index < positional.size() || named.containsKey(name);
  }

  Object get(int index, String name) {
    if (index < positional.size()) {
      return positional.get(index);
    }
    if (!named.containsKey(name)) {
      throw new TemplateException(of + " needs the argument " + name);
    }
    return named.get(name);
  }

  Object get(int index, String name, Object otherwise) {
    return has(index, name) ? get(index, name) : otherwise;
  }

  String text(int index, String name) {
    Object value = get(index, name);
    if (value instanceof String text) {
      return text;
    }
    throw new TemplateException(
        of + " needs text as its argument " + name + ", not " + Values.typeName(value));
  }

  /** Text, or null where it is left out or none. */
  String optionalText(int index, String name) {
    return get(index, name, null) == null ? null : text(index, name);
  }

  int number(int index, String name, int otherwise) {
    Object value = get(index, name, (long) otherwise);
    if (Values.number(value) instanceof Long number && Math.abs(number) <= Integer.MAX_VALUE) {
      return number.intValue();
    }
    throw new TemplateException(
        of + " needs a number as its argument " + name + ", not " + Values.typeName(value));
  }

  boolean flag(int index, String name, boolean otherwise) {
    return Values.isTrue(get(index, name, otherwise));
  }

  /** What is left after the first {@code count}, for another that is called with it. */
  Arguments after(int count, String other) {
    int from = Math.min(count, positional.size());
    return new Arguments(other, positional.subList(from, positional.size()), named);
  }
}
