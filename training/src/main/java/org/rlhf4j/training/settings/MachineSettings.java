package org.rlhf4j.training.settings;

/**
 * What every command that computes takes.
 *
 * @param device where to compute
 * @param threads CPU threads for arithmetic; null: one a core
 * @param precision of the weights in arithmetic
 * @param seed of everything that is random
 */
@SettingsGroup("Machine")
public record MachineSettings(
    @Setting(help = "Where to compute.", defaultValue = "auto") Device device,
    @Setting(help = "CPU threads for arithmetic.", defaultText = "one a core") Integer threads,
    @Setting(help = "Number format of the networks' arithmetic.", defaultValue = "fp32")
        Precision precision,
    @Setting(help = "Seed of everything that is random.", defaultValue = "0") long seed) {

  /** A kind of device. */
  public enum Device {
    /** The GPU where there is one. */
    AUTO,
    /** The processor. */
    CPU,
    /** The first GPU. */
    GPU
  }

  /** A number format. */
  public enum Precision {
    /** 32-bit floats. */
    FP32,
    /** bfloat16. */
    BF16
  }

  /** Checks the thread count. */
  public MachineSettings {
    if (threads != null) {
      Limits.positive("threads", threads);
    }
  }
}
