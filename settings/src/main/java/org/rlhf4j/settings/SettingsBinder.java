package org.rlhf4j.settings;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Makes a settings record from a configuration file and the command line, which wins. A setting
 * that neither gives has its default; a list on the command line replaces the file's.
 *
 * @param <T> the record
 */
final class SettingsBinder<T extends Record> {

  private final Settings<T> settings;

  /** Where each given setting was written: {@code --name} or {@code file:line:column}. */
  private final Map<String, String> places = new HashMap<>();

  SettingsBinder(Settings<T> settings) {
    this.settings = settings;
  }

  T bind(Written.Mapping file, Map<String, List<String>> commandLine) {
    file.entries().forEach((name, entry) -> requireKnown(name, entry.where()));
    commandLine.keySet().forEach(name -> requireKnown(name, "--" + name));
    Map<String, Object> values = new LinkedHashMap<>();
    for (SettingSpec spec : settings.specs()) {
      given(spec, file, commandLine).ifPresent(value -> values.put(spec.name(), value));
    }
    Map<String, Object> given = Map.copyOf(values);
    List<String> missing = new ArrayList<>();
    for (SettingSpec spec : settings.specs()) {
      if (!given.containsKey(spec.name())) {
        defaultOf(spec, given).ifPresent(value -> values.put(spec.name(), value));
      }
      if (spec.required() && values.getOrDefault(spec.name(), List.of()).equals(List.of())) {
        missing.add("--" + spec.name());
      }
    }
    if (!missing.isEmpty()) {
      throw new UsageException(
          "missing: " + String.join(", ", missing) + " (as an option, or in the --config file)");
    }
    try {
      return settings.construct(values);
    } catch (UsageException e) {
      throw located(e);
    }
  }

  private void requireKnown(String name, String where) {
    Map<String, SettingSpec> known = settings.byName();
    if (!known.containsKey(name)) {
      String hint =
          NearestName.of(name, known.keySet())
              .map(nearest -> "; did you mean '" + nearest + "'?")
              .orElse("");
      throw new UsageException(where + ": unknown setting '" + name + "'" + hint);
    }
  }

  private Optional<Object> given(
      SettingSpec spec, Written.Mapping file, Map<String, List<String>> commandLine) {
    List<String> options = commandLine.get(spec.name());
    if (options != null) {
      places.put(spec.name(), "--" + spec.name());
      return Optional.of(parseAll(spec, options, "--" + spec.name()));
    }
    Written.Entry entry = file.entries().get(spec.name());
    if (entry != null && !(entry.value() instanceof Written.Nothing)) {
      places.put(spec.name(), entry.value().where());
      return Optional.of(fromFile(spec, entry.value()));
    }
    return Optional.empty();
  }

  /**
   * What a setting is where no one gives it: as a {@link Preset} among what is given says, else its
   * own default; empty: null.
   */
  static Optional<Object> defaultOf(SettingSpec spec, Map<String, Object> given) {
    for (Object value : given.values()) {
      if (value instanceof Preset preset && preset.defaults().containsKey(spec.name())) {
        return Optional.of(parseAll(spec, List.of(preset.defaults().get(spec.name()))));
      }
    }
    if (!spec.defaultValue().isEmpty()) {
      return Optional.of(parseAll(spec, List.of(spec.defaultValue())));
    }
    return spec.repeatable() ? Optional.of(List.of()) : Optional.empty();
  }

  private static Object fromFile(SettingSpec spec, Written written) {
    if (!spec.repeatable()) {
      return item(spec, written);
    }
    if (written instanceof Written.Scalar scalar) {
      return parseAll(spec, List.of(scalar.text()), named(spec, scalar));
    }
    List<Written> items =
        written instanceof Written.Sequence sequence ? sequence.items() : List.of(written);
    return items.stream().map(one -> item(spec, one)).toList();
  }

  private static Object item(SettingSpec spec, Written written) {
    if (written instanceof Written.Scalar scalar) {
      return parse(spec, scalar.text(), named(spec, written));
    }
    if (written instanceof Written.Mapping mapping && spec.type().takesFields()) {
      return read(spec, spec.type().fieldsParser(), fields(spec, mapping), named(spec, written));
    }
    String found =
        written instanceof Written.Sequence
            ? "a list"
            : written instanceof Written.Nothing ? "nothing" : "settings of its own";
    throw new UsageException(
        named(spec, written) + ": expected " + spec.type().expected() + ", not " + found);
  }

  private static Map<String, String> fields(SettingSpec spec, Written.Mapping mapping) {
    Map<String, String> fields = new LinkedHashMap<>();
    mapping
        .entries()
        .forEach(
            (name, entry) -> {
              if (!(entry.value() instanceof Written.Scalar scalar)) {
                throw new UsageException(
                    named(spec, entry.value()) + ": " + name + " takes one value");
              }
              fields.put(name, scalar.text());
            });
    return fields;
  }

  private static String named(SettingSpec spec, Written written) {
    return written.where() + ": " + spec.name();
  }

  /** Reads the texts of one setting; faults name it alone. */
  static Object parseAll(SettingSpec spec, List<String> texts) {
    return parseAll(spec, texts, spec.name());
  }

  private static Object parseAll(SettingSpec spec, List<String> texts, String where) {
    if (!spec.repeatable()) {
      if (texts.size() != 1) {
        throw new UsageException(
            where + ": given " + texts.size() + " times, but it takes only one value");
      }
      return parse(spec, texts.get(0), where);
    }
    List<Object> items = new ArrayList<>();
    for (String text : texts) {
      String[] parts = spec.type().splits() ? text.split(",", -1) : new String[] {text};
      for (String part : parts) {
        items.add(parse(spec, spec.type().splits() ? part.strip() : part, where));
      }
    }
    return List.copyOf(items);
  }

  private static Object parse(SettingSpec spec, String text, String where) {
    return read(spec, spec.type().parser(), text, where);
  }

  private static <W> Object read(
      SettingSpec spec, Function<W, Object> parser, W written, String where) {
    try {
      return parser.apply(written);
    } catch (UsageException e) {
      throw new UsageException(where + ": " + e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new UsageException(
          where + ": expected " + spec.type().expected() + ", not '" + written + "'", e);
    }
  }

  /** Says where the setting that a record refused was written; its name begins the message. */
  private UsageException located(UsageException refusal) {
    String message = refusal.getMessage();
    int space = message.indexOf(' ');
    String place = space < 0 ? null : places.get(message.substring(0, space));
    if (place == null) {
      return refusal;
    }
    return new UsageException(
        place.startsWith("--") ? "--" + message : place + ": " + message, refusal);
  }
}
