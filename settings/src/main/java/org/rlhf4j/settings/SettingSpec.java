package org.rlhf4j.settings;

import java.util.List;

/**
 * One setting as its record declares it.
 *
 * @param name in kebab-case: the YAML key, and the option after two dashes
 * @param help what it does
 * @param group the heading it stands under; empty: none
 * @param type how its values are read and written
 * @param repeatable whether it is a list
 * @param defaultValue the default as a user would write it; empty: none
 * @param defaultText how the default reads in help; empty where there is nothing to say
 * @param required whether it has to be given
 * @param model whether it is a model's folder, for which its id on the hub may stand
 * @param resumable whether it may be another when a run goes on
 */
public record SettingSpec(
    String name,
    String help,
    String group,
    ValueType type,
    boolean repeatable,
    String defaultValue,
    String defaultText,
    boolean required,
    boolean model,
    boolean resumable) {

  /** What stands for its value in help: {@code N}, {@code PATH}, {@code clip|vanilla}. */
  public String label() {
    return model ? "MODEL" : type.label();
  }

  /** The values it can take where they are few; else empty. */
  public List<String> choices() {
    return type.choices();
  }

  /** Whether it is true or false, so that its bare option means true. */
  public boolean isSwitch() {
    return type.javaType() == Boolean.class && !repeatable;
  }

  /** The boxed Java type of its values, of one item where it is repeatable. */
  public Class<?> valueType() {
    return type.javaType();
  }

  /** The same with another default, and so no longer required; an empty one is none. */
  SettingSpec withDefault(String value) {
    return new SettingSpec(
        name, help, group, type, repeatable, value, value, false, model, resumable);
  }
}
