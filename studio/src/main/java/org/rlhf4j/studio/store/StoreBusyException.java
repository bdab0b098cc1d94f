package org.rlhf4j.studio.store;

import org.rlhf4j.settings.UserException;

/** So many wait for a store that one more would wait too long; nothing was changed. */
public final class StoreBusyException extends UserException {

  private static final long serialVersionUID = 1L;

  StoreBusyException(String message, Throwable cause) {
    super(message, cause);
  }
}
