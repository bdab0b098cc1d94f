package org.rlhf4j.cli.command;

import java.io.PrintWriter;
import java.util.Optional;
import org.rlhf4j.model.torch.Gpu;
import org.rlhf4j.model.torch.Libtorch;
import org.rlhf4j.model.torch.Placement;
import org.rlhf4j.settings.ConfigBuilder;
import org.rlhf4j.settings.MachineSettings;
import org.rlhf4j.settings.MachineSettings.Device;
import org.rlhf4j.settings.PrecisionChoice;
import org.rlhf4j.settings.UsageException;

/** What the engine has to be told before it is loaded, and where networks compute. */
public final class Machine {

  private Machine() {}

  /**
   * Sets the engine's threads and keeps it from counting its uses over the network; with {@code
   * --device cpu}, and where libtorch is on the class path, from looking for anything there. Then
   * chooses the device.
   *
   * @param err takes a note where there is a GPU that isn't used
   * @throws UsageException where networks can't compute as asked
   */
  public static void prepare(MachineSettings machine, PrintWriter err) {
    System.setProperty("OPT_OUT_TRACKING", "true");
    if (machine.device() == Device.CPU || hasBundledLibtorch() || namesLibtorch()) {
      System.setProperty("ai.djl.offline", "true");
    }
    if (machine.threads() != null) {
      String threads = machine.threads().toString();
      System.setProperty("ai.djl.pytorch.num_threads", threads);
      System.setProperty("ai.djl.pytorch.num_interop_threads", threads);
    }
    chooseDevice(machine.device(), err);
  }

  private static void chooseDevice(Device device, PrintWriter err) {
    boolean wanted = device == Device.GPU;
    if (device == Device.CPU || (!wanted && !Gpu.hasDriver())) {
      return;
    }
    Optional<String> fault = Gpu.ofMachine().fault();
    if (fault.isEmpty()) {
      Placement.choose(Placement.gpu());
    } else if (wanted) {
      throw noGpu(fault.get());
    } else {
      err.println("rlhf: networks compute on the CPU: " + fault.get());
    }
  }

  /** Why nothing computes on a GPU. */
  public static UsageException noGpu(String fault) {
    return new UsageException("--device gpu: " + fault + " (--device auto takes the CPU)");
  }

  private static boolean namesLibtorch() {
    return Libtorch.ofProcess().isPresent();
  }

  /** Whether this build has libtorch with it: one for a GPU leaves it out, see docs/gpu.md. */
  public static boolean hasBundledLibtorch() {
    return Machine.class.getResource("/native/lib/pytorch.properties") != null;
  }

  /**
   * A command's settings with {@code --precision auto} settled by the device that was chosen. A run
   * settles it by itself: it may go on in what it began with.
   */
  static <S extends Record> S settled(S settings, MachineSettings machine) {
    PrecisionChoice choice = machine.precision().on(!Placement.chosen().isHost());
    return ConfigBuilder.copyOf(settings).with(MachineSettings::precision, choice).build();
  }
}
