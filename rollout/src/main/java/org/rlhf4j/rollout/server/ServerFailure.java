package org.rlhf4j.rollout.server;

import java.time.Duration;
import java.util.Optional;

/** A server doesn't serve as it stands: another one may, or the same one later. */
final class ServerFailure extends Exception {
  private static final long serialVersionUID = 1L;

  private final boolean passing;
  private final transient Duration wait;

  private ServerFailure(String message, boolean passing, Duration wait, Throwable cause) {
    super(message, cause);
    this.passing = passing;
    this.wait = wait;
  }

  /** One that the same request may not meet again soon. */
  static ServerFailure passing(String message, Throwable cause) {
    return new ServerFailure(message, true, null, cause);
  }

  /** One after which the server says when to ask again. */
  static ServerFailure passing(String message, Optional<Duration> wait) {
    return new ServerFailure(message, true, wait.orElse(null), null);
  }

  /** One that asking again won't change. */
  static ServerFailure lasting(String message, Throwable cause) {
    return new ServerFailure(message, false, null, cause);
  }

  boolean isPassing() {
    return passing;
  }

  /** How long the server wants to be left alone, where it says so. */
  Optional<Duration> requestedWait() {
    return Optional.ofNullable(wait);
  }
}
