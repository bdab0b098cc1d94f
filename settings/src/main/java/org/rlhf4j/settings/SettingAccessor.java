package org.rlhf4j.settings;

import java.io.Serializable;

/**
 * Names a setting by the accessor of its record: a method reference such as {@code
 * LoopSettings::steps}. It can be serialized because that is how Java tells which method a
 * reference is to.
 *
 * @param <R> the record that declares the setting
 * @param <V> the setting's type
 */
@FunctionalInterface
public interface SettingAccessor<R extends Record, V> extends Serializable {

  /**
   * Reads the setting.
   *
   * @param values the record
   * @return its value
   */
  V of(R values);
}
