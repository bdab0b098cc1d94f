package org.rlhf4j.jinja;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/** The functions that every template has. */
final class Globals {

  /** The longest range of Jinja's sandbox. */
  private static final long LONGEST_RANGE = 100_000;

  private Globals() {}

  static Map<String, Object> of(Rendering rendering) {
    Map<String, Callable> functions =
        Map.of(
            "range", Globals::range,
            "dict", Globals::dict,
            "namespace", Globals::namespace,
            "raise_exception", Globals::raise,
            "strftime_now", a -> DateFormat.text(rendering.now(), a.text(0, "format")),
            "lipsum", Globals::unsupported,
            "cycler", Globals::unsupported,
            "joiner", Globals::unsupported);
    Map<String, Object> globals = new HashMap<>();
    functions.forEach((name, f) -> globals.put(name, (Callable) a -> f.call(a.to(name + "()"))));
    return globals;
  }

  private static Object range(Arguments a) {
    a.accept("start", "stop", "step");
    boolean one = a.positional().size() == 1;
    int start = one ? 0 : a.number(0, "start", 0);
    int stop = a.number(one ? 0 : 1, "stop", 0);
    int step = a.number(2, "step", 1);
    if (step == 0) {
      throw new TemplateException("range() with step 0");
    }
    long size = Math.max(0, -Math.floorDiv(-((long) stop - start), step));
    if (size > LONGEST_RANGE) {
      throw new TemplateException("a range of more than " + LONGEST_RANGE);
    }
    Rendering.work(Rendering.VALUE * size);
    List<Object> items =
        List.copyOf(LongStream.range(0, size).mapToObj(i -> start + i * step).toList());
    return new Iteration(items, true);
  }

  private static Map<Object, Object> dict(Arguments a) {
    Map<Object, Object> map = new LinkedHashMap<>();
    if (!a.positional().isEmpty()) {
      if (!(a.positional().get(0) instanceof Map<?, ?> given) || a.positional().size() > 1) {
        throw TemplateException.unsupported("dict() of something that isn't a dictionary");
      }
      Rendering.work((long) Rendering.VALUE * given.size());
      map.putAll(given);
    }
    map.putAll(a.named());
    return map;
  }

  private static Namespace namespace(Arguments a) {
    Namespace namespace = new Namespace();
    dict(a).forEach((name, value) -> namespace.set(Values.text(name), value));
    return namespace;
  }

  private static Object raise(Arguments a) {
    String message = Values.text(a.accept("message").get(0, "message"));
    throw TemplateException.refusal(message.strip().replaceAll("\\s+", " "));
  }

  private static Object unsupported(Arguments a) {
    throw TemplateException.unsupported("the function " + a.of());
  }
}
