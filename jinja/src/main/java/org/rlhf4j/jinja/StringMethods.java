package org.rlhf4j.jinja;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;

/** The methods of Python's {@code str}. */
final class StringMethods {

  private interface Method {
    Object call(String text, Arguments arguments);
  }

  private static final String CHARACTERS = "chars";

  private static final Map<String, Method> METHODS =
      Map.ofEntries(
          Map.entry("strip", (s, a) -> strip(s, a, true, true)),
          Map.entry("lstrip", (s, a) -> strip(s, a, true, false)),
          Map.entry("rstrip", (s, a) -> strip(s, a, false, true)),
          Map.entry("split", (s, a) -> split(s, a.accept("sep", "maxsplit"), false)),
          Map.entry("rsplit", (s, a) -> split(s, a.accept("sep", "maxsplit"), true)),
          Map.entry("splitlines", (s, a) -> noArguments(a, Text.lines(s))),
          Map.entry("startswith", (s, a) -> anyOf(a.accept("prefix"), s::startsWith)),
          Map.entry("endswith", (s, a) -> anyOf(a.accept("suffix"), s::endsWith)),
          Map.entry("replace", StringMethods::replace),
          Map.entry("find", (s, a) -> position(s, s.indexOf(sought(s, part(a))))),
          Map.entry("rfind", (s, a) -> position(s, s.lastIndexOf(sought(s, part(a))))),
          Map.entry("index", (s, a) -> found(s, a, s.indexOf(sought(s, part(a))))),
          Map.entry("count", (s, a) -> count(s, part(a))),
          Map.entry("join", (s, a) -> join(s, Values.items(a.accept("of").get(0, "of")))),
          Map.entry("upper", (s, a) -> noArguments(a, s.toUpperCase(Locale.ROOT))),
          Map.entry("lower", (s, a) -> noArguments(a, s.toLowerCase(Locale.ROOT))),
          Map.entry("capitalize", (s, a) -> noArguments(a, Text.capitalize(s))),
          Map.entry("title", (s, a) -> noArguments(a, title(s))),
          Map.entry("removeprefix", (s, a) -> removePrefix(s, a.accept("prefix").text(0, ""))),
          Map.entry("removesuffix", (s, a) -> removeSuffix(s, a.accept("suffix").text(0, ""))),
          Map.entry("partition", (s, a) -> partition(s, a, s.indexOf(sought(s, separator(a))))),
          Map.entry(
              "rpartition", (s, a) -> partition(s, a, s.lastIndexOf(sought(s, separator(a))))),
          Map.entry("isspace", (s, a) -> noArguments(a, all(s, Text::isSpace))),
          Map.entry("isdigit", (s, a) -> noArguments(a, all(s, Character::isDigit))),
          Map.entry("isalpha", (s, a) -> noArguments(a, all(s, Character::isLetter))),
          Map.entry("isalnum", (s, a) -> noArguments(a, all(s, Character::isLetterOrDigit))),
          Map.entry("isupper", (s, a) -> noArguments(a, isCase(s, s.toUpperCase(Locale.ROOT)))),
          Map.entry("islower", (s, a) -> noArguments(a, isCase(s, s.toLowerCase(Locale.ROOT)))));

  /** What Python's texts can too, so that its lack is told. */
  private static final Set<String> UNSUPPORTED =
      Set.of(
          "casefold",
          "center",
          "encode",
          "expandtabs",
          "format",
          "format_map",
          "isascii",
          "isdecimal",
          "isidentifier",
          "isnumeric",
          "isprintable",
          "istitle",
          "ljust",
          "maketrans",
          "rindex",
          "rjust",
          "swapcase",
          "translate",
          "zfill");

  private StringMethods() {}

  /** A method of a text; undefined where Python has none of that name. */
  static Object of(String text, String name) {
    Method method = METHODS.get(name);
    if (method != null) {
      return (Callable) arguments -> called(method, text, arguments.to(name + "()"));
    }
    if (UNSUPPORTED.contains(name)) {
      throw TemplateException.unsupported("the string method ." + name + "()");
    }
    return new Undefined("text has no '" + name + "'");
  }

  private static Object called(Method method, String text, Arguments arguments) {
    Rendering.work(text.length());
    Object result = method.call(text, arguments);
    Rendering.work(result instanceof String made ? made.length() : 0);
    return result;
  }

  private static Object noArguments(Arguments arguments, Object result) {
    arguments.accept();
    return result;
  }

  private static Object strip(String text, Arguments arguments, boolean left, boolean right) {
    return Text.strip(text, arguments.accept(CHARACTERS).optionalText(0, CHARACTERS), left, right);
  }

  private static Object split(String text, Arguments arguments, boolean fromEnd) {
    String separator = arguments.optionalText(0, "sep");
    int most = arguments.number(1, "maxsplit", -1);
    if (separator != null) {
      return fromEnd ? Text.splitFromEnd(text, separator, most) : Text.split(text, separator, most);
    }
    if (fromEnd && most >= 0) {
      throw TemplateException.unsupported("rsplit() at space a number of times");
    }
    return Text.splitAtSpace(text, most);
  }

  private static boolean anyOf(Arguments arguments, java.util.function.Predicate<String> fits) {
    Object wanted = arguments.positional().isEmpty() ? null : arguments.positional().get(0);
    List<?> all = wanted instanceof Tuple tuple ? tuple.items() : List.of(arguments.text(0, ""));
    return all.stream().anyMatch(one -> fits.test(Values.text(one)));
  }

  private static Object replace(String text, Arguments arguments) {
    arguments.accept("old", "new", "count");
    return Text.replace(
        text, arguments.text(0, "old"), arguments.text(1, "new"), arguments.number(2, "count", -1));
  }

  private static String part(Arguments arguments) {
    return arguments.accept("sub").text(0, "sub");
  }

  private static String sought(String text, String part) {
    Rendering.search(text, part);
    return part;
  }

  private static long position(String text, int unit) {
    return unit < 0 ? -1 : text.codePointCount(0, unit);
  }

  private static Object found(String text, Arguments arguments, int unit) {
    if (unit < 0) {
      throw new TemplateException("index() doesn't find " + Text.repr(part(arguments)));
    }
    return position(text, unit);
  }

  private static long count(String text, String part) {
    return part.isEmpty() ? Values.length(text) + 1 : Text.count(text, part);
  }

  private static String join(String separator, List<Object> parts) {
    StringBuilder all = new StringBuilder();
    String between = "";
    for (Object part : parts) {
      if (!(part instanceof String text)) {
        throw new TemplateException("join() joins texts, not " + Values.typeName(part));
      }
      Text.requireRoom((long) all.length() + between.length() + text.length());
      Rendering.work(Rendering.ITEM + (long) between.length() + text.length());
      all.append(between).append(text);
      between = separator;
    }
    return all.toString();
  }

  private static String title(String text) {
    StringBuilder all = new StringBuilder();
    boolean within = false;
    for (int c : text.codePoints().toArray()) {
      all.appendCodePoint(within ? Character.toLowerCase(c) : Character.toTitleCase(c));
      within = Character.isLetter(c);
    }
    return all.toString();
  }

  private static String removePrefix(String text, String prefix) {
    return text.startsWith(prefix) ? text.substring(prefix.length()) : text;
  }

  private static String removeSuffix(String text, String suffix) {
    return text.endsWith(suffix) ? text.substring(0, text.length() - suffix.length()) : text;
  }

  private static String separator(Arguments arguments) {
    String separator = arguments.accept("sep").text(0, "sep");
    Text.requireSeparator(separator);
    return separator;
  }

  private static Tuple partition(String text, Arguments arguments, int at) {
    String separator = separator(arguments);
    if (at >= 0) {
      return Tuple.of(text.substring(0, at), separator, text.substring(at + separator.length()));
    }
    return arguments.of().startsWith("r") ? Tuple.of("", "", text) : Tuple.of(text, "", "");
  }

  private static boolean all(String text, IntPredicate holds) {
    return !text.isEmpty() && text.codePoints().allMatch(holds);
  }

  /** Whether all letters that have a case are in this one, and there is such a letter. */
  private static boolean isCase(String text, String inCase) {
    boolean cased =
        text.codePoints().anyMatch(c -> Character.toUpperCase(c) != Character.toLowerCase(c));
    return cased && text.equals(inCase);
  }
}
