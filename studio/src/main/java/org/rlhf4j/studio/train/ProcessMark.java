package org.rlhf4j.studio.train;

import java.time.Instant;
import java.util.Optional;

/**
 * A process of this machine, told from a later one that gets the same number.
 *
 * @param number the system's
 * @param began when it began, in milliseconds since 1970; 0 where the system doesn't say
 */
record ProcessMark(long number, long began) {

  /** This process. */
  static ProcessMark ofThis() {
    return of(ProcessHandle.current());
  }

  static ProcessMark of(ProcessHandle process) {
    return new ProcessMark(process.pid(), began(process));
  }

  private static long began(ProcessHandle process) {
    return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
  }

  /** The process, if it still works. */
  Optional<ProcessHandle> alive() {
    return ProcessHandle.of(number).filter(process -> process.isAlive() && began(process) == began);
  }
}
