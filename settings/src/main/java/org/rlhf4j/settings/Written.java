package org.rlhf4j.settings;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a user wrote in a configuration file, with the place it stands at ({@code file:line:column},
 * counted from 1). Scalars stay text: only the setting that takes one knows its type.
 */
public sealed interface Written {

  /** Where it stands. */
  String where();

  /**
   * A single value.
   *
   * @param text as written, quotes and escapes resolved
   * @param where where it stands
   */
  record Scalar(String text, String where) implements Written {}

  /**
   * A key without a value, which counts as not written.
   *
   * @param where where the value would stand
   */
  record Nothing(String where) implements Written {}

  /**
   * A list.
   *
   * @param items in order
   * @param where where it begins
   */
  record Sequence(List<Written> items, String where) implements Written {

    /** Keeps a copy. */
    public Sequence {
      items = List.copyOf(items);
    }
  }

  /**
   * One key of a mapping.
   *
   * @param where where the key stands
   * @param value its value
   */
  record Entry(String where, Written value) {}

  /**
   * Keys and their values, in order.
   *
   * @param entries by key
   * @param where where it begins
   */
  record Mapping(Map<String, Entry> entries, String where) implements Written {

    /** A mapping without keys. */
    public static final Mapping EMPTY = new Mapping(Map.of(), "");

    /** Keeps a copy. */
    public Mapping {
      entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
    }

    /** This mapping with {@code key} set to {@code value}; a new key comes last. */
    public Mapping with(String key, Written value) {
      Map<String, Entry> changed = new LinkedHashMap<>(entries);
      changed.put(key, new Entry(value.where(), value));
      return new Mapping(changed, where);
    }

    /** This mapping without {@code key}. */
    public Mapping without(String key) {
      Map<String, Entry> changed = new LinkedHashMap<>(entries);
      changed.remove(key);
      return new Mapping(changed, where);
    }
  }
}
