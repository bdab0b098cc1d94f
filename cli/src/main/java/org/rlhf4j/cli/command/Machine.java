package org.rlhf4j.cli.command;

import ai.djl.util.cuda.CudaUtils;
import org.rlhf4j.settings.MachineSettings;
import org.rlhf4j.settings.UsageException;

/** What the engine has to be told before it is loaded. */
public final class Machine {

  private Machine() {}

  /**
   * Sets the engine's threads and keeps it from counting its uses over the network; with {@code
   * --device cpu}, and where libtorch is on the class path, from looking for anything there.
   *
   * @throws UsageException where networks can't compute as asked
   */
  public static void prepare(MachineSettings machine) {
    if (machine.device() == MachineSettings.Device.GPU) {
      throw noGpu(CudaUtils.getGpuCount());
    }
    System.setProperty("OPT_OUT_TRACKING", "true");
    if (machine.device() == MachineSettings.Device.CPU || hasBundledLibtorch()) {
      System.setProperty("ai.djl.offline", "true");
    }
    if (machine.threads() != null) {
      String threads = machine.threads().toString();
      System.setProperty("ai.djl.pytorch.num_threads", threads);
      System.setProperty("ai.djl.pytorch.num_interop_threads", threads);
    }
  }

  /** Whether this build has libtorch with it: one for a GPU leaves it out, see docs/gpu.md. */
  public static boolean hasBundledLibtorch() {
    return Machine.class.getResource("/native/lib/pytorch.properties") != null;
  }

  /** Why nothing computes on a GPU. */
  public static UsageException noGpu(int gpus) {
    return new UsageException(
        gpus == 0
            ? "--device gpu: there is no NVIDIA GPU on this machine; leave --device out"
            : "--device gpu: networks only compute on the CPU; leave --device out");
  }
}
