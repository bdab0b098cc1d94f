package org.rlhf4j.cli;

import org.rlhf4j.model.UsageException;
import org.rlhf4j.training.settings.MachineSettings;

/** What the engine has to be told before it is loaded. */
final class Machine {

  private Machine() {}

  /**
   * Sets the engine's threads, keeps it from counting its uses over the network and, where libtorch
   * is on the class path, from looking for anything there.
   *
   * @throws UsageException where networks can't compute as asked
   */
  static void prepare(MachineSettings machine) {
    if (machine.device() == MachineSettings.Device.GPU) {
      throw new UsageException("--device gpu: networks compute on the CPU alone; leave it out");
    }
    System.setProperty("OPT_OUT_TRACKING", "true");
    if (Machine.class.getResource("/native/lib/pytorch.properties") != null) {
      System.setProperty("ai.djl.offline", "true");
    }
    if (machine.threads() != null) {
      String threads = machine.threads().toString();
      System.setProperty("ai.djl.pytorch.num_threads", threads);
      System.setProperty("ai.djl.pytorch.num_interop_threads", threads);
    }
  }
}
