package org.rlhf4j.studio.account;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What somebody may do. Each may do what those before it may. */
public enum Role {
  /** Answers items, and sees nobody else's answers. */
  ANNOTATOR,
  /** Sees all answers, settles items and takes labels out. */
  REVIEWER,
  /** Changes projects, accounts and runs. */
  ADMIN;

  /** As it stands in the store and in JSON. */
  @JsonValue
  public String written() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The role of a word, if it is one. */
  public static Optional<Role> of(String written) {
    return Arrays.stream(values()).filter(role -> role.written().equals(written)).findFirst();
  }

  /** Whether it may do what another one may. */
  public boolean includes(Role other) {
    return compareTo(other) >= 0;
  }
}
