package org.rlhf4j.studio.label;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What is asked of an annotator. */
public enum ItemKind {
  /** Which of two completions is better, and by how much. */
  COMPARE,
  /** The order of several completions. */
  RANK,
  /** A completion. */
  WRITE;

  /** As it stands in the store and in JSON. */
  @JsonValue
  public String written() {
    return name().toLowerCase(Locale.ROOT);
  }

  static ItemKind of(String written) {
    return valueOf(written.toUpperCase(Locale.ROOT));
  }
}
