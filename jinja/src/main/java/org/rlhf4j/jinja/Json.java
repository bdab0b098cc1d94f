package org.rlhf4j.jinja;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * JSON as Python's {@code json.dumps} writes it.
 *
 * @param ascii whether other characters become escapes
 * @param indent space for each depth, or null for one line
 * @param itemSeparator between items
 * @param keySeparator between a key and its value
 * @param sorted whether keys are sorted
 */
record Json(
    boolean ascii, String indent, String itemSeparator, String keySeparator, boolean sorted) {

  /** The filter {@code tojson} of transformers. */
  static String filter(Object value, Arguments a) {
    a.accept("ensure_ascii", "indent", "separators", "sort_keys");
    Object separators = a.get(2, "separators", null);
    List<Object> both =
        separators == null
            ? List.of(a.get(1, "indent", null) == null ? ", " : ",", ": ")
            : Values.items(separators);
    if (both.size() != 2) {
      throw new TemplateException("tojson needs two separators, not " + both.size());
    }
    Json json =
        new Json(
            a.flag(0, "ensure_ascii", false),
            indent(a),
            Values.text(both.get(0)),
            Values.text(both.get(1)),
            a.flag(3, "sort_keys", false));
    StringBuilder text = new StringBuilder();
    json.write(value, 0, text);
    return text.toString();
  }

  private static String indent(Arguments a) {
    Object indent = a.get(1, "indent", null);
    return indent == null || indent instanceof String
        ? (String) indent
        : " ".repeat(Math.max(0, Math.min(a.number(1, "indent", 0), 80)));
  }

  private void write(Object value, int depth, StringBuilder to) {
    Rendering.work(Rendering.ITEM);
    Text.requireRoom(to.length());
    if (value instanceof String text) {
      quote(text, to);
    } else if (value instanceof Map<?, ?> map) {
      object(map, depth, to);
    } else if (value instanceof List || value instanceof Tuple) {
      array(Values.items(value), depth, to);
    } else if (value == null || value instanceof Boolean) {
      to.append(value);
    } else if (value instanceof Number) {
      to.append(Values.repr(value));
    } else {
      throw new TemplateException("tojson can't write " + Values.typeName(value));
    }
  }

  private void object(Map<?, ?> map, int depth, StringBuilder to) {
    List<Map.Entry<?, ?>> entries = new ArrayList<>(map.entrySet());
    if (sorted) {
      entries.sort(Comparator.comparing(Map.Entry::getKey, Values::compare));
    }
    String separator = "";
    to.append('{');
    for (Map.Entry<?, ?> entry : entries) {
      separate(separator, to);
      line(depth + 1, to);
      if (!(entry.getKey() instanceof String key)) {
        throw TemplateException.unsupported("tojson of a key that isn't text");
      }
      quote(key, to);
      separate(keySeparator, to);
      write(entry.getValue(), depth + 1, to);
      separator = itemSeparator;
    }
    close(map.isEmpty(), depth, '}', to);
  }

  private void array(List<Object> items, int depth, StringBuilder to) {
    String separator = "";
    to.append('[');
    for (Object item : items) {
      separate(separator, to);
      line(depth + 1, to);
      write(item, depth + 1, to);
      separator = itemSeparator;
    }
    close(items.isEmpty(), depth, ']', to);
  }

  private void close(boolean empty, int depth, char bracket, StringBuilder to) {
    if (!empty) {
      line(depth, to);
    }
    to.append(bracket);
  }

  private static void separate(String separator, StringBuilder to) {
    Rendering.work(separator.length());
    Text.requireRoom((long) to.length() + separator.length());
    to.append(separator);
  }

  private void line(int depth, StringBuilder to) {
    if (indent != null) {
      Text.requireRoom(to.length() + (long) indent.length() * depth);
      Rendering.work((long) indent.length() * depth);
      to.append('\n').append(indent.repeat(depth));
    }
  }

  private void quote(String text, StringBuilder to) {
    Rendering.work(8L * text.length());
    to.append('"');
    for (char c : text.toCharArray()) {
      int simple = "\"\\\n\r\t\b\f".indexOf(c);
      if (simple >= 0) {
        to.append('\\').append("\"\\nrtbf".charAt(simple));
      } else if (c < 0x20 || (ascii && c > 0x7e)) {
        to.append("\\u").append(Text.hex(c, 4));
      } else {
        to.append(c);
      }
    }
    to.append('"');
  }
}
