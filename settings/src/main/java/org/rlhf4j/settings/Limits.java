package org.rlhf4j.settings;

/**
 * Checks for the compact constructors of settings records. Each message begins with the setting's
 * name, so that {@link Settings#bind} can say where it was written.
 */
public final class Limits {

  private Limits() {}

  /** Requires a number above 0. */
  public static void positive(String name, double value) {
    if (!(value > 0)) {
      throw outside(name, "above 0", value);
    }
  }

  /** Requires a number that is 0 or more. */
  public static void notNegative(String name, double value) {
    if (!(value >= 0)) {
      throw outside(name, "0 or more", value);
    }
  }

  /** Requires a number from {@code low} to {@code high}, both included. */
  public static void between(String name, double low, double high, double value) {
    if (!(value >= low && value <= high)) {
      String range = "from " + ValueType.number(low) + " to " + ValueType.number(high);
      throw outside(name, range, value);
    }
  }

  /** Requires a number from 0 up to but not including 1. */
  public static void fraction(String name, double value) {
    if (!(value >= 0 && value < 1)) {
      throw outside(name, "at least 0 and below 1", value);
    }
  }

  /** Requires that something holds of a setting; {@code rule} follows the name: "must be …". */
  public static void require(boolean holds, String name, String rule) {
    if (!holds) {
      throw new UsageException(name + " " + rule);
    }
  }

  private static UsageException outside(String name, String range, double value) {
    return new UsageException(name + " must be " + range + ", not " + ValueType.number(value));
  }
}
