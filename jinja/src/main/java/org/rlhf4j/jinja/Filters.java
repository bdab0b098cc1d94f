package org.rlhf4j.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;

/** The filters: {@code value | name(arguments)}. */
final class Filters {

  private interface Filter {
    Object of(Object value, Arguments arguments);
  }

  private static final String ATTRIBUTE = "attribute";

  /** Where the filter {@code title} begins words. */
  private static final Pattern WORD_START = Pattern.compile("(?<=[-\\s({\\[<])");

  private static final Map<String, Filter> FILTERS =
      Map.ofEntries(
          Map.entry("abs", (v, a) -> Values.compare(v, 0L) < 0 ? Operators.negated(v) : v),
          Map.entry("capitalize", text(Text::capitalize)),
          Map.entry("count", (v, a) -> Values.length(v)),
          Map.entry("d", Filters::orDefault),
          Map.entry("default", Filters::orDefault),
          Map.entry("dictsort", Filters::dictSort),
          Map.entry("first", (v, a) -> end(v, 0)),
          Map.entry("float", (v, a) -> toFloat(v, a.accept("default").get(0, "default", 0.0))),
          Map.entry("indent", Filters::indent),
          Map.entry("int", (v, a) -> toInt(v, a.accept("default").get(0, "default", 0L))),
          Map.entry("items", (v, a) -> items(v)),
          Map.entry("join", Filters::join),
          Map.entry("last", (v, a) -> end(v, Values.length(v) - 1)),
          Map.entry("length", (v, a) -> Values.length(v)),
          Map.entry("list", (v, a) -> new ArrayList<>(Values.items(v))),
          Map.entry("lower", text(text -> text.toLowerCase(Locale.ROOT))),
          Map.entry("map", Filters::map),
          Map.entry("max", (v, a) -> extreme(v, a.accept(), Comparator.naturalOrder())),
          Map.entry("min", (v, a) -> extreme(v, a.accept(), Comparator.reverseOrder())),
          Map.entry("reject", (v, a) -> select(v, a, false, 0)),
          Map.entry("rejectattr", (v, a) -> select(v, a, false, 1)),
          Map.entry("replace", Filters::replace),
          Map.entry("reverse", (v, a) -> reverse(v)),
          Map.entry("safe", (v, a) -> new SafeText(Values.text(v))),
          Map.entry("select", (v, a) -> select(v, a, true, 0)),
          Map.entry("selectattr", (v, a) -> select(v, a, true, 1)),
          Map.entry("sort", Filters::sort),
          Map.entry("string", (v, a) -> v instanceof SafeText ? v : Values.text(v)),
          Map.entry("sum", (v, a) -> sum(v)),
          Map.entry("title", text(Filters::title)),
          Map.entry("tojson", Json::filter),
          Map.entry("trim", (v, a) -> trim(v, a.accept("chars").optionalText(0, "chars"))),
          Map.entry("unique", Filters::unique),
          Map.entry("upper", text(text -> text.toUpperCase(Locale.ROOT))));

  /** The place of an item in a path of attributes. */
  private static final Pattern INDEX = Pattern.compile("\\d{1,18}");

  /** A fraction as text, read without going back, which could take forever. */
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(\\d++(\\.\\d*+)?+|\\.\\d++)([eE][+-]?\\d++)?+");

  private Filters() {}

  static Object apply(Object value, Arguments arguments) {
    Filter filter = FILTERS.get(arguments.of());
    if (filter == null) {
      throw TemplateException.unsupported("the filter " + arguments.of());
    }
    if (value instanceof SafeText && !arguments.of().equals("string")) {
      throw TemplateException.unsupported("a filter after safe");
    }
    Rendering.work(size(value));
    Object result = filter.of(value, arguments);
    Rendering.work(result == value ? 0 : size(result));
    return result;
  }

  /** What it costs to go over a value once. */
  private static long size(Object value) {
    if (value instanceof String text) {
      return text.length();
    }
    return value instanceof Map || value instanceof List || value instanceof Iteration
        ? Rendering.ITEM * (1L + Values.items(value).size())
        : Rendering.ITEM;
  }

  private static Filter text(Function<String, String> change) {
    return (value, arguments) -> {
      arguments.accept();
      return change.apply(Values.text(value));
    };
  }

  private static Object orDefault(Object value, Arguments a) {
    a.accept("default_value", "boolean");
    boolean missing =
        value instanceof Undefined || (a.flag(1, "boolean", false) && !Values.isTrue(value));
    return missing ? a.get(0, "default_value", "") : value;
  }

  private static Object end(Object value, long index) {
    List<Object> items = Values.items(value);
    return items.isEmpty()
        ? new Undefined("an empty list has no first or last item")
        : items.get((int) index);
  }

  private static Object toInt(Object value, Object otherwise) {
    if (value instanceof String text) {
      try {
        return Long.valueOf(text.strip().replace("_", ""));
      } catch (NumberFormatException e) {
        return toFloat(value, null) instanceof Double number ? integer(number) : otherwise;
      }
    }
    Number number = Values.number(value);
    return number == null ? otherwise : number instanceof Long ? number : integer(number);
  }

  private static Object integer(Number number) {
    return number.longValue();
  }

  private static Object toFloat(Object value, Object otherwise) {
    if (value instanceof String text) {
      boolean number = NUMBER.matcher(text.strip()).matches();
      return number ? Double.valueOf(text.strip()) : otherwise;
    }
    Number number = Values.number(value);
    return number == null ? otherwise : Double.valueOf(number.doubleValue());
  }

  private static Object indent(Object value, Arguments a) {
    a.accept("width", "first", "blank");
    Object width = a.get(0, "width", 4L);
    String space = width instanceof String given ? given : spaces(a.number(0, "width", 4));
    boolean blank = a.flag(2, "blank", false);
    StringBuilder all = new StringBuilder(a.flag(1, "first", false) ? space : "");
    String between = "";
    for (Object line : Text.lines(Values.text(value) + "\n")) {
      boolean indented = !between.isEmpty() && (blank || !Values.text(line).isEmpty());
      Text.requireRoom((long) all.length() + space.length());
      all.append(between).append(indented ? space : "").append(line);
      between = "\n";
    }
    return all.toString();
  }

  private static String spaces(int count) {
    Text.requireRoom(count);
    return " ".repeat(Math.max(0, count));
  }

  private static Object items(Object value) {
    if (value instanceof Undefined) {
      return new Iteration(List.of(), false);
    }
    if (value instanceof Map<?, ?> map) {
      return new Iteration(Members.entries(map), false);
    }
    throw new TemplateException("items needs a dictionary, not " + Values.typeName(value));
  }

  private static Object dictSort(Object value, Arguments a) {
    a.accept("case_sensitive", "by", "reverse");
    if (!(value instanceof Map<?, ?> map)) {
      throw new TemplateException("dictsort needs a dictionary, not " + Values.typeName(value));
    }
    int by = "value".equals(a.get(1, "by", "key")) ? 1 : 0;
    boolean exact = a.flag(0, "case_sensitive", false);
    Function<Object, Object> key = pair -> folded(((Tuple) pair).items().get(by), exact);
    return sorted(Members.entries(map), key, a.flag(2, "reverse", false));
  }

  private static Object sort(Object value, Arguments a) {
    a.accept("reverse", "case_sensitive", ATTRIBUTE);
    String path = a.optionalText(2, ATTRIBUTE);
    boolean exact = a.flag(1, "case_sensitive", false);
    Function<Object, Object> key =
        item -> folded(path == null ? item : attribute(item, path), exact);
    return sorted(Values.items(value), key, a.flag(0, "reverse", false));
  }

  private static List<Object> sorted(
      List<Object> items, Function<Object, Object> key, boolean reverse) {
    List<Object> sorted = new ArrayList<>(items);
    Comparator<Object> order = Comparator.comparing(key, Values::compare);
    sorted.sort(reverse ? order.reversed() : order);
    return sorted;
  }

  private static Object folded(Object value, boolean exact) {
    return value instanceof String text && !exact ? text.toLowerCase(Locale.ROOT) : value;
  }

  private static Object unique(Object value, Arguments a) {
    a.accept("case_sensitive");
    List<Object> seen = new ArrayList<>();
    List<Object> kept = new ArrayList<>();
    for (Object item : Values.items(value)) {
      Object key = folded(item, a.flag(0, "case_sensitive", false));
      if (seen.stream().noneMatch(one -> Values.equal(one, key))) {
        seen.add(key);
        kept.add(item);
      }
    }
    return new Iteration(kept, false);
  }

  private static Object join(Object value, Arguments a) {
    a.accept("d", ATTRIBUTE);
    String path = a.optionalText(1, ATTRIBUTE);
    String between = Values.text(a.get(0, "d", ""));
    String joined = "";
    StringBuilder all = new StringBuilder();
    for (Object item : Values.items(value)) {
      String text = Values.text(path == null ? item : attribute(item, path));
      Text.requireRoom((long) all.length() + joined.length() + text.length());
      all.append(joined).append(text);
      joined = between;
    }
    return all.toString();
  }

  private static Object map(Object value, Arguments a) {
    List<Object> mapped = new ArrayList<>();
    for (Object item : Values.items(value)) {
      if (a.positional().isEmpty()) {
        a.accept("", ATTRIBUTE, "default");
        Object found = attribute(item, a.text(1, ATTRIBUTE));
        boolean missing = found instanceof Undefined && a.named().containsKey("default");
        mapped.add(missing ? a.named().get("default") : found);
      } else {
        mapped.add(apply(item, a.after(1, a.text(0, "filter"))));
      }
    }
    return new Iteration(mapped, false);
  }

  /** Keeps the items, or those whose attribute, that a test holds of. */
  private static Object select(Object value, Arguments a, boolean wanted, int attributes) {
    List<Object> kept = new ArrayList<>();
    for (Object item : Values.items(value)) {
      Object tested = attributes == 0 ? item : attribute(item, a.text(0, ATTRIBUTE));
      boolean holds =
          a.positional().size() == attributes
              ? Values.isTrue(tested)
              : Conditions.holds(tested, a.after(attributes + 1, a.text(attributes, "test")));
      if (holds == wanted) {
        kept.add(item);
      }
    }
    return new Iteration(kept, false);
  }

  /** What a path of attributes such as {@code function.name} leads to. */
  private static Object attribute(Object of, String path) {
    Rendering.work(path.length());
    Object found = of;
    for (String name : path.split("\\.")) {
      boolean index = INDEX.matcher(name).matches();
      found = Members.item(found, index ? (Object) Long.valueOf(name) : name);
    }
    return found;
  }

  private static Object extreme(Object value, Arguments a, Comparator<Integer> order) {
    List<Object> items = Values.items(value);
    if (items.isEmpty()) {
      return new Undefined(a.of() + " of an empty list");
    }
    return Collections.max(
        items, (x, y) -> order.compare(Values.compare(folded(x, false), folded(y, false)), 0));
  }

  private static Object sum(Object value) {
    Object sum = 0L;
    for (Object item : Values.items(value)) {
      sum = Operators.apply("+", sum, item);
    }
    return sum;
  }

  private static Object replace(Object value, Arguments a) {
    a.accept("old", "new", "count");
    return Text.replace(
        Values.text(value),
        Values.text(a.get(0, "old")),
        Values.text(a.get(1, "new")),
        a.get(2, "count", null) == null ? -1 : a.number(2, "count", -1));
  }

  private static Object reverse(Object value) {
    List<Object> items = new ArrayList<>(Values.items(value));
    Collections.reverse(items);
    return value instanceof String
        ? String.join("", items.toArray(String[]::new))
        : new Iteration(items, false);
  }

  private static Object trim(Object value, String characters) {
    return Text.strip(Values.text(value), characters, true, true);
  }

  private static String title(String text) {
    Rendering.work((long) Rendering.VALUE * text.length());
    StringBuilder all = new StringBuilder();
    for (String word : WORD_START.split(text)) {
      all.append(Text.capitalize(word));
    }
    return all.toString();
  }
}
