package org.rlhf4j.settings;

/**
 * What every command that computes takes.
 *
 * @param device where to compute
 * @param threads CPU threads for arithmetic; null: one a core
 * @param precision what networks compute in
 * @param seed of everything that is random
 */
@SettingsGroup("Machine")
public record MachineSettings(
    @Setting(help = "Device that networks compute on.", defaultValue = "auto", resumable = true)
        Device device,
    @Setting(help = "CPU threads for arithmetic.", defaultText = "one a core", resumable = true)
        Integer threads,
    @Setting(
            help =
                "Number format of the networks' matrices and activations. Trained weights,"
                    + " log-probabilities, scores and losses are always fp32.",
            defaultValue = "fp32")
        Precision precision,
    @Setting(help = "Seed of all random numbers.", defaultValue = "0") long seed) {

  /** A kind of device. */
  public enum Device {
    /** The GPU where there is one. */
    AUTO,
    /** The processor. */
    CPU,
    /** The first GPU. */
    GPU
  }

  /** Checks the thread count. */
  public MachineSettings {
    if (threads != null) {
      Limits.positive("threads", threads);
    }
  }
}
