package org.rlhf4j.jinja;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What {@code value.name}, {@code value[key]} and {@code value[from:to:step]} give. */
final class Members {

  /** What Python's dictionaries can too, most of it refused by transformers as well. */
  private static final Set<String> UNSUPPORTED_OF_MAPS =
      Set.of("clear", "fromkeys", "pop", "popitem", "setdefault", "update");

  private static final Set<String> UNSUPPORTED_OF_LISTS =
      Set.of("append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort");

  /** A step that leaves every list at once. */
  private static final long FARTHEST = Integer.MAX_VALUE;

  private Members() {}

  /** An attribute, else an item of that name. */
  static Object attribute(Object of, String name) {
    if (of instanceof Map<?, ?> map) {
      Object method = mapMethod(map, name);
      return method != null ? method : entry(map, name);
    }
    if (of instanceof String text) {
      return StringMethods.of(text, name);
    }
    if (of instanceof Namespace namespace) {
      return namespace.get(name);
    }
    if (of instanceof Loop loop) {
      return loop.get(name);
    }
    if (of instanceof List<?> || of instanceof Tuple) {
      return listMethod(Values.items(of), name);
    }
    Values.requireDefined(of);
    return new Undefined(Values.typeName(of) + " has no '" + name + "'");
  }

  /** An item, else an attribute of that name. */
  static Object item(Object of, Object key) {
    if (of instanceof Map<?, ?> map && map.containsKey(Values.key(key))) {
      return map.get(key);
    }
    if (key instanceof String name) {
      return attribute(of, name);
    }
    Values.requireDefined(of);
    if (!(Values.number(key) instanceof Long index)) {
      return new Undefined(Values.typeName(of) + " has no " + Values.repr(key));
    }
    if (of instanceof Iteration) {
      throw TemplateException.unsupported("an index into something that isn't a list");
    }
    if (!(of instanceof String || of instanceof List || of instanceof Tuple)) {
      return new Undefined(Values.typeName(of) + " has no " + index);
    }
    if (of instanceof String text) {
      return character(text, index);
    }
    List<Object> items = Values.items(of);
    long place = index < 0 ? index + items.size() : index;
    return place >= 0 && place < items.size()
        ? items.get((int) place)
        : new Undefined(Values.typeName(of) + " of " + items.size() + " has no item " + index);
  }

  private static Object character(String text, long index) {
    long size = Values.length(text);
    long place = index < 0 ? index + size : index;
    return place >= 0 && place < size
        ? Text.slice(text, place, place + 1)
        : new Undefined("text of " + size + " has no item " + index);
  }

  /** A slice; each bound may be null. */
  static Object slice(Object of, Object from, Object to, Object by) {
    long given = by == null ? 1 : bound(by);
    long step = Math.max(-FARTHEST, Math.min(FARTHEST, given));
    if (step == 0) {
      throw new TemplateException("a slice's step is 0");
    }
    Values.requireDefined(of);
    if (!(of instanceof String || of instanceof List || of instanceof Tuple)) {
      throw new TemplateException(Values.typeName(of) + " can't be sliced");
    }
    long size = Values.length(of);
    long first = from == null ? (step > 0 ? 0 : size - 1) : place(bound(from), size, step);
    long end = to == null ? (step > 0 ? size : -1) : place(bound(to), size, step);
    if (of instanceof String text && step == 1) {
      return Text.slice(text, first, end);
    }
    List<Object> items = Values.items(of);
    Rendering.work((long) Rendering.ITEM * items.size());
    List<Object> taken = new ArrayList<>();
    for (long i = first; step > 0 ? i < end : i > end; i += step) {
      taken.add(items.get((int) i));
    }
    if (of instanceof String) {
      return String.join("", taken.toArray(String[]::new));
    }
    return of instanceof Tuple ? new Tuple(taken) : taken;
  }

  private static long bound(Object value) {
    if (value instanceof Long number) {
      return number;
    }
    throw new TemplateException("a slice's bounds are numbers, not " + Values.typeName(value));
  }

  /** A bound within the list, or one step outside where the slice goes there. */
  private static long place(long bound, long size, long step) {
    long place = bound < 0 ? bound + size : bound;
    return step > 0 ? Math.max(0, Math.min(size, place)) : Math.max(-1, Math.min(size - 1, place));
  }

  private static Object entry(Map<?, ?> map, String name) {
    return map.containsKey(name)
        ? map.get(name)
        : new Undefined("the dictionary has no '" + name + "'");
  }

  private static Object mapMethod(Map<?, ?> map, String name) {
    if (UNSUPPORTED_OF_MAPS.contains(name) && !map.containsKey(name)) {
      throw TemplateException.unsupported("the dictionary method ." + name + "()");
    }
    return switch (name) {
      case "get" ->
          (Callable) arguments -> getOr(map, arguments.to("get()").accept("key", "default"));
      case "items" -> view(name, entries(map));
      case "keys" -> view(name, Values.items(map));
      case "values" -> view(name, copied(map.values()));
      case "copy" -> (Callable) arguments -> copied(map);
      default -> null;
    };
  }

  private static List<Object> copied(Collection<?> items) {
    Rendering.work((long) Rendering.ITEM * items.size());
    return new ArrayList<>(items);
  }

  /** The same entries in a dictionary of their own. */
  private static Map<Object, Object> copied(Map<?, ?> map) {
    Rendering.work((long) Rendering.VALUE * map.size());
    return new LinkedHashMap<>(map);
  }

  private static Callable view(String name, List<Object> items) {
    return arguments -> {
      arguments.to(name + "()").accept();
      return new Iteration(items, true);
    };
  }

  private static Object getOr(Map<?, ?> map, Arguments arguments) {
    Object key = Values.key(arguments.get(0, "key"));
    return map.containsKey(key) ? map.get(key) : arguments.get(1, "default", null);
  }

  /** Pairs of key and value. */
  static List<Object> entries(Map<?, ?> map) {
    Rendering.work((long) Rendering.VALUE * map.size());
    List<Object> pairs = new ArrayList<>();
    map.forEach((key, value) -> pairs.add(pair(key, value)));
    return pairs;
  }

  private static Tuple pair(Object key, Object value) {
    List<Object> both = new ArrayList<>(); // a value may be null
    both.add(key);
    both.add(value);
    return new Tuple(both);
  }

  private static Object listMethod(List<Object> items, String name) {
    if (UNSUPPORTED_OF_LISTS.contains(name)) {
      throw TemplateException.unsupported("the list method ." + name + "()");
    }
    return switch (name) {
      case "count" ->
          (Callable)
              a -> items.stream().filter(i -> Values.equal(i, a.accept("of").get(0, "of"))).count();
      case "copy" -> (Callable) a -> copied(items);
      case "index" -> throw TemplateException.unsupported("the list method .index()");
      default -> new Undefined("a list has no '" + name + "'");
    };
  }
}
