package org.rlhf4j.studio.web;

/** A request that isn't answered as asked. */
final class Refused extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final int status;

  /**
   * Refuses.
   *
   * @param status of HTTP
   * @param oneLine what is wrong and what to do
   */
  Refused(int status, String oneLine) {
    super(oneLine);
    this.status = status;
  }

  int status() {
    return status;
  }
}
