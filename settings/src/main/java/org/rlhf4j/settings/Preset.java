package org.rlhf4j.settings;

import java.util.Map;

/**
 * A value of a setting that gives other settings of the same record their defaults. What a user
 * gives still counts.
 */
public interface Preset {

  /**
   * The defaults.
   *
   * @return by the name of the setting, as a user would write its value; a name that the record
   *     doesn't declare is passed over, since a group of settings has only some
   */
  Map<String, String> defaults();
}
