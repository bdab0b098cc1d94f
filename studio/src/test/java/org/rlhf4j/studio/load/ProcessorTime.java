package org.rlhf4j.studio.load;

import java.time.Duration;

/** Processor time of processes in seconds, which depends little on what else the machine does. */
final class ProcessorTime {

  private ProcessorTime() {}

  static double of(ProcessHandle process) {
    return process.info().totalCpuDuration().orElse(Duration.ZERO).toNanos() / 1e9;
  }
}
