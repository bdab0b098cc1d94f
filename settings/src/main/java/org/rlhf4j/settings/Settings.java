package org.rlhf4j.settings;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/**
 * What a settings record declares: its settings in order, groups flattened.
 *
 * @param <T> the record
 */
public final class Settings<T extends Record> {

  private final Class<T> type;
  private final Map<String, SettingSpec> specs = new LinkedHashMap<>();
  private final Group root;

  private Settings(Class<T> type) {
    this.type = type;
    this.root = describe(type, "", Map.of());
  }

  /**
   * Describes a settings record.
   *
   * @throws IllegalArgumentException where its declaration is at fault: a component that isn't
   *     documented, a name declared twice, a default that doesn't parse
   */
  public static <T extends Record> Settings<T> of(Class<T> type) {
    return new Settings<>(type);
  }

  /** The record. */
  public Class<T> type() {
    return type;
  }

  /** Its settings in order. */
  public List<SettingSpec> specs() {
    return List.copyOf(specs.values());
  }

  /** Its settings by name, in order. */
  Map<String, SettingSpec> byName() {
    return specs;
  }

  /**
   * Makes the record from what a user wrote; see {@link SettingsBinder}.
   *
   * @param file the configuration file, {@link Written.Mapping#EMPTY} where there is none
   * @param commandLine the values of each option given, by name without dashes; they win
   * @throws org.rlhf4j.settings.UsageException where something is unknown, missing or wrong
   */
  public T bind(Written.Mapping file, Map<String, List<String>> commandLine) {
    return new SettingsBinder<>(this).bind(file, commandLine);
  }

  /** The values of a record as a user would write them; none where there is no value. */
  public Map<SettingSpec, List<String>> texts(T values) {
    Map<SettingSpec, List<String>> texts = new LinkedHashMap<>();
    collect(root, values, (spec, value) -> texts.put(spec, textsOf(spec, value)));
    return texts;
  }

  /**
   * The settings to which a {@link Preset} among the values gives another value than they have.
   *
   * @return their names, in order
   */
  public Set<String> otherThanPresets(T values) {
    Map<String, Object> byName = valuesOf(values);
    Set<String> others = new LinkedHashSet<>();
    for (Object value : byName.values()) {
      if (value instanceof Preset preset) {
        preset.defaults().keySet().stream()
            .filter(specs::containsKey)
            .filter(name -> !presetValue(preset, name).equals(byName.get(name)))
            .forEach(others::add);
      }
    }
    return others;
  }

  private Object presetValue(Preset preset, String name) {
    return SettingsBinder.parseAll(specs.get(name), List.of(preset.defaults().get(name)));
  }

  /**
   * The record with other paths.
   *
   * @param values the record
   * @param other gives the path to take instead of a setting's
   */
  public T withPaths(T values, BiFunction<SettingSpec, Path, Path> other) {
    Map<String, Object> byName = valuesOf(values);
    specs.values().stream()
        .filter(spec -> spec.valueType() == Path.class)
        .forEach(spec -> byName.compute(spec.name(), (name, value) -> map(spec, value, other)));
    return construct(byName);
  }

  private static Object map(
      SettingSpec spec, Object value, BiFunction<SettingSpec, Path, Path> other) {
    if (value instanceof List<?> items) {
      return items.stream().map(item -> other.apply(spec, (Path) item)).toList();
    }
    return value == null ? null : other.apply(spec, (Path) value);
  }

  /** The record with whole paths, which mean the same in any folder. */
  public T withWholePaths(T values) {
    return withPaths(values, (spec, path) -> path.toAbsolutePath());
  }

  /** The group of a type among the record's components, such as {@link MachineSettings}. */
  public <G extends Record> Optional<G> group(T values, Class<G> groupType) {
    return root.parts().stream()
        .filter(Group.class::isInstance)
        .map(part -> read(((Group) part).accessor(), values))
        .filter(groupType::isInstance)
        .map(groupType::cast)
        .findFirst();
  }

  /** The setting that a component of one of the records declares. */
  Optional<SettingSpec> specOf(String recordName, String component) {
    return leaves(root)
        .filter(leaf -> leaf.accessor().getDeclaringClass().getName().equals(recordName))
        .filter(leaf -> leaf.accessor().getName().equals(component))
        .map(Leaf::spec)
        .findFirst();
  }

  private static Stream<Leaf> leaves(Group group) {
    return group.parts().stream()
        .flatMap(part -> part instanceof Leaf leaf ? Stream.of(leaf) : leaves((Group) part));
  }

  /** The values of a record by name; null where there is none. */
  Map<String, Object> valuesOf(T values) {
    Map<String, Object> byName = new LinkedHashMap<>();
    collect(root, values, (spec, value) -> byName.put(spec.name(), value));
    return byName;
  }

  /** Makes the record of values by name; a setting that isn't a key is null. */
  T construct(Map<String, Object> values) {
    return type.cast(construct(root, values));
  }

  private sealed interface Part {}

  private record Leaf(SettingSpec spec, Method accessor) implements Part {}

  private record Group(Constructor<?> constructor, List<Part> parts, Method accessor)
      implements Part {}

  private Group describe(
      Class<?> recordType, String outerHeading, Map<String, String> outerDefaults) {
    SettingsGroup group = recordType.getAnnotation(SettingsGroup.class);
    String heading = group == null ? outerHeading : group.value();
    List<Part> parts = new ArrayList<>();
    for (RecordComponent component : recordType.getRecordComponents()) {
      Method accessor = component.getAccessor();
      accessor.setAccessible(true);
      if (component.getType().isRecord() && !ValueType.readsItself(component.getType())) {
        Map<String, String> defaults = new LinkedHashMap<>(defaultsOf(component));
        defaults.putAll(outerDefaults);
        Group nested = describe(component.getType(), heading, defaults);
        defaultsOf(component).keySet().forEach(name -> requireDeclared(name, component));
        parts.add(new Group(nested.constructor(), nested.parts(), accessor));
      } else {
        SettingSpec spec = spec(component, heading, outerDefaults);
        if (specs.put(spec.name(), spec) != null) {
          throw fault(component, "is the second of the name " + spec.name());
        }
        parts.add(new Leaf(spec, accessor));
      }
    }
    return new Group(constructor(recordType), parts, null);
  }

  private void requireDeclared(String name, RecordComponent component) {
    if (!specs.containsKey(name)) {
      throw fault(component, "has a default for " + name + ", which it doesn't have");
    }
  }

  private static SettingSpec spec(
      RecordComponent component, String heading, Map<String, String> defaults) {
    Setting setting = component.getAnnotation(Setting.class);
    if (setting == null) {
      throw fault(component, "has no @Setting");
    }
    boolean repeatable = component.getType() == List.class;
    Class<?> javaType = repeatable ? itemType(component) : component.getType();
    String name = setting.name().isEmpty() ? ValueType.kebab(component.getName()) : setting.name();
    SettingSpec spec =
        new SettingSpec(
            name,
            setting.help(),
            setting.group().isEmpty() ? heading : setting.group(),
            ValueType.of(javaType),
            repeatable,
            setting.defaultValue(),
            setting.defaultText().isEmpty() ? setting.defaultValue() : setting.defaultText(),
            setting.required(),
            setting.model(),
            setting.resumable());
    SettingSpec chosen = defaults.containsKey(name) ? spec.withDefault(defaults.get(name)) : spec;
    check(component, chosen);
    return chosen;
  }

  private static void check(RecordComponent component, SettingSpec spec) {
    if (spec.model() && spec.valueType() != Path.class) {
      throw fault(component, "is a model and no Path");
    }
    if (component.getType().isPrimitive() && !spec.required() && spec.defaultValue().isEmpty()) {
      throw fault(component, "needs a default or a type that can be null");
    }
    if (!spec.defaultValue().isEmpty()) {
      try {
        SettingsBinder.parseAll(spec, List.of(spec.defaultValue()));
      } catch (RuntimeException e) {
        throw fault(component, "can't read its own default " + spec.defaultValue());
      }
    }
  }

  private static Map<String, String> defaultsOf(RecordComponent component) {
    Defaults defaults = component.getAnnotation(Defaults.class);
    Map<String, String> byName = new LinkedHashMap<>();
    for (String line : defaults == null ? new String[0] : defaults.value()) {
      int equals = line.indexOf('=');
      if (equals < 0) {
        throw fault(component, "has a default without '=': " + line);
      }
      byName.put(line.substring(0, equals), line.substring(equals + 1));
    }
    return byName;
  }

  private static Class<?> itemType(RecordComponent component) {
    if (component.getGenericType() instanceof ParameterizedType list
        && list.getActualTypeArguments()[0] instanceof Class<?> item) {
      return item;
    }
    throw fault(component, "is a list of an unknown type");
  }

  private static Constructor<?> constructor(Class<?> recordType) {
    Class<?>[] types =
        Arrays.stream(recordType.getRecordComponents())
            .map(RecordComponent::getType)
            .toArray(Class<?>[]::new);
    try {
      Constructor<?> constructor = recordType.getDeclaredConstructor(types);
      constructor.setAccessible(true);
      return constructor;
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Object construct(Group group, Map<String, Object> values) {
    Object[] arguments = new Object[group.parts().size()];
    for (int i = 0; i < arguments.length; i++) {
      Part part = group.parts().get(i);
      arguments[i] =
          part instanceof Leaf leaf
              ? values.get(leaf.spec().name())
              : construct((Group) part, values);
    }
    try {
      return group.constructor().newInstance(arguments);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void collect(
      Group group, Object values, BiConsumer<SettingSpec, Object> collector) {
    for (Part part : group.parts()) {
      if (part instanceof Leaf leaf) {
        collector.accept(leaf.spec(), read(leaf.accessor(), values));
      } else if (part instanceof Group nested) {
        collect(nested, read(nested.accessor(), values), collector);
      }
    }
  }

  private static List<String> textsOf(SettingSpec spec, Object value) {
    if (value == null) {
      return List.of();
    }
    List<?> items = value instanceof List<?> list ? list : List.of(value);
    return items.stream().map(item -> spec.type().formatter().apply(item)).toList();
  }

  private static Object read(Method accessor, Object values) {
    try {
      return accessor.invoke(values);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static IllegalArgumentException fault(RecordComponent component, String what) {
    String owner = component.getDeclaringRecord().getSimpleName();
    return new IllegalArgumentException(owner + "." + component.getName() + " " + what);
  }
}
