package org.rlhf4j.jinja;

import java.util.List;

/** The variable {@code loop}. */
final class Loop {

  private final List<Object> items;
  private int index;
  private Object changed = this; // equals no value

  Loop(List<Object> items) {
    this.items = items;
  }

  void moveTo(int place) {
    index = place;
  }

  Object get(String name) {
    int size = items.size();
    return switch (name) {
      case "index" -> index + 1L;
      case "index0" -> (long) index;
      case "revindex" -> (long) size - index;
      case "revindex0" -> (long) size - index - 1;
      case "first" -> index == 0;
      case "last" -> index == size - 1;
      case "length" -> (long) size;
      case "depth" -> 1L; // counts recursive calls alone
      case "depth0" -> 0L;
      case "previtem" -> neighbour(index - 1, "there is no previous item");
      case "nextitem" -> neighbour(index + 1, "there is no next item");
      case "cycle" -> (Callable) a -> cycle(a.positional());
      case "changed" -> (Callable) a -> changes(a.positional());
      default -> new Undefined("loop has no '" + name + "'");
    };
  }

  private Object cycle(List<Object> values) {
    if (values.isEmpty()) {
      throw new TemplateException("loop.cycle() needs values");
    }
    return values.get(index % values.size());
  }

  private Object neighbour(int place, String missing) {
    return place >= 0 && place < items.size() ? items.get(place) : new Undefined(missing);
  }

  private boolean changes(List<Object> values) {
    boolean differs = !Values.equal(changed, values);
    changed = values;
    return differs;
  }
}
