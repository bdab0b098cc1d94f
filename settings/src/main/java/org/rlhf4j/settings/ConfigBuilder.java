package org.rlhf4j.settings;

import java.lang.invoke.SerializedLambda;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes a configuration in Java: each setting is named by its accessor, whatever group it is in,
 * and those that aren't given have the defaults that the command has.
 *
 * <pre>{@code
 * SftConfig config =
 *     ConfigBuilder.of(SftConfig.class)
 *         .with(SftConfig::model, model)
 *         .with(RowFileSettings::data, List.of(rows))
 *         .with(RunSettings::output, output)
 *         .with(OptimizerSettings::learningRate, 1e-4)
 *         .build();
 * }</pre>
 *
 * <p>{@link #copyOf} begins with a record instead of the defaults: that is how one is changed in a
 * few settings.
 *
 * <p>Whether settings go together is checked when all are there, so their order doesn't matter. In
 * a program of named modules the package that calls {@link #with} has to be open to this one.
 *
 * @param <T> the configuration's record
 */
public final class ConfigBuilder<T extends Record> {

  private final Settings<T> settings;
  private final Map<String, Object> given = new LinkedHashMap<>();

  private ConfigBuilder(Settings<T> settings) {
    this.settings = settings;
  }

  /**
   * Begins with the defaults.
   *
   * @param type the configuration's record, or that of one group of settings
   * @param <T> the same
   * @return a builder to which nothing is given yet
   */
  public static <T extends Record> ConfigBuilder<T> of(Class<T> type) {
    return new ConfigBuilder<>(Settings.of(type));
  }

  /**
   * Begins with what a record says.
   *
   * @param values the configuration, or one group of settings
   * @param <T> its type
   * @return a builder to which all of it is given
   */
  public static <T extends Record> ConfigBuilder<T> copyOf(T values) {
    @SuppressWarnings("unchecked") // the class of a T, which being a record has no subclasses
    Class<T> type = (Class<T>) values.getClass();
    ConfigBuilder<T> builder = of(type);
    builder.given.putAll(builder.settings.valuesOf(values));
    return builder;
  }

  /**
   * Gives a setting.
   *
   * @param setting its accessor, such as {@code LoopSettings::steps}
   * @param value its value; a whole number may stand for any number; null takes back what was
   *     given, so that the default counts
   * @param <R> the record that declares the setting
   * @param <V> its type
   * @return this
   * @throws IllegalArgumentException where the configuration has no such setting, or the value is
   *     of another type
   */
  public <R extends Record, V> ConfigBuilder<T> with(SettingAccessor<R, V> setting, V value) {
    SettingSpec spec = spec(reference(setting));
    if (value == null) {
      given.remove(spec.name());
    } else {
      given.put(spec.name(), spec.repeatable() ? items(spec, value) : item(spec, value));
    }
    return this;
  }

  /**
   * Makes the configuration.
   *
   * @return the record
   * @throws UsageException where a setting is missing, out of its range, or doesn't go with another
   */
  public T build() {
    List<String> missing = new ArrayList<>();
    Map<String, Object> values = new LinkedHashMap<>();
    for (SettingSpec spec : settings.specs()) {
      boolean isGiven = given.containsKey(spec.name());
      values.put(
          spec.name(),
          isGiven ? given.get(spec.name()) : SettingsBinder.defaultOf(spec, given).orElse(null));
      if (spec.required() && !isGiven) {
        missing.add(spec.name());
      }
    }
    if (!missing.isEmpty()) {
      throw new UsageException(
          settings.type().getSimpleName()
              + ": missing: "
              + String.join(", ", missing)
              + "; give them by with(…)");
    }
    return settings.construct(values);
  }

  private SettingSpec spec(SerializedLambda reference) {
    String owner = reference.getImplClass().replace('/', '.');
    String name = reference.getImplMethodName();
    return settings
        .specOf(owner, name)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "%s has no setting %s::%s; name one by a method reference, such as LoopSettings::steps"
                        .formatted(
                            settings.type().getSimpleName(),
                            owner.substring(owner.lastIndexOf('.') + 1),
                            name)));
  }

  private static SerializedLambda reference(SettingAccessor<?, ?> setting) {
    try {
      Method serialized = setting.getClass().getDeclaredMethod("writeReplace");
      serialized.setAccessible(true);
      return (SerializedLambda) serialized.invoke(setting);
    } catch (ReflectiveOperationException e) {
      throw new IllegalArgumentException(
          "name a setting by a method reference, such as LoopSettings::steps", e);
    }
  }

  private static List<Object> items(SettingSpec spec, Object value) {
    if (!(value instanceof List<?> list)) {
      throw unfit(spec, "a list", value);
    }
    List<Object> items = new ArrayList<>();
    list.forEach(item -> items.add(item(spec, item)));
    return List.copyOf(items);
  }

  private static Object item(SettingSpec spec, Object value) {
    Class<?> type = spec.valueType();
    if (type.isInstance(value)) {
      return value;
    }
    boolean whole = value instanceof Integer || value instanceof Long;
    if (whole && type == Double.class) {
      return ((Number) value).doubleValue();
    }
    if (value instanceof Integer number && type == Long.class) {
      return number.longValue();
    }
    throw unfit(spec, spec.type().expected(), value);
  }

  private static IllegalArgumentException unfit(SettingSpec spec, String expected, Object value) {
    return new IllegalArgumentException(
        "%s: expected %s (%s), not '%s' (%s)"
            .formatted(
                spec.name(),
                expected,
                spec.valueType().getSimpleName(),
                value,
                value.getClass().getSimpleName()));
  }
}
