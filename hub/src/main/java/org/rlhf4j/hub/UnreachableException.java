package org.rlhf4j.hub;

import org.rlhf4j.settings.UserException;

/** The hub didn't answer in any attempt: what the cache holds may do. */
final class UnreachableException extends UserException {

  private static final long serialVersionUID = 1L;

  UnreachableException(String oneLine, Throwable cause) {
    super(oneLine, cause);
  }
}
