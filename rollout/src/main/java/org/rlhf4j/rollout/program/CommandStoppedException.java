package org.rlhf4j.rollout.program;

/** A command that ended or fell silent before it had answered; the message says which. */
final class CommandStoppedException extends Exception {
  private static final long serialVersionUID = 1;

  CommandStoppedException(String message) {
    super(message);
  }
}
