package org.rlhf4j.studio.train;

import java.io.IOException;
import org.rlhf4j.settings.UserException;

/** What memory a training takes, and what there is. */
public interface Memory {

  /**
   * The most that a stage of a training takes, as {@code rlhf plan} says it.
   *
   * @param training what would run
   * @return bytes
   * @throws UserException if it can't be planned, with the reason
   * @throws IOException if no process can be started
   */
  long planned(Training training) throws IOException;

  /** What a further process can have at this moment, in bytes. */
  long free();

  /**
   * The memory of this machine.
   *
   * @param command starts the process that plans
   */
  static Memory ofMachine(RlhfCommand command) {
    return new Memory() {
      @Override
      public long planned(Training training) throws IOException {
        return PlannedMemory.of(command, training.pipeline(), training.folder());
      }

      @Override
      public long free() {
        return FreeMemory.bytes();
      }
    };
  }
}
