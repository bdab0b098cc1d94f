package org.rlhf4j.settings;

/**
 * What every command that computes takes.
 *
 * @param device where to compute
 * @param threads CPU threads for arithmetic; null: one a core
 * @param precision what networks compute in, as it is asked for; {@link #format} is what it is
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
                    + " log-probabilities, scores and losses are always fp32. auto: bf16 on a GPU,"
                    + " else fp32.",
            defaultValue = "auto")
        PrecisionChoice precision,
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

  /**
   * The number format that networks compute in. {@code auto} is settled when a command or a run
   * begins; where it isn't, it is fp32.
   */
  public Precision format() {
    return precision == PrecisionChoice.BF16 ? Precision.BF16 : Precision.FP32;
  }

  /** These settings with {@code auto} settled, so that they mean the same everywhere. */
  public MachineSettings with(PrecisionChoice settled) {
    return new MachineSettings(device, threads, settled, seed);
  }

  /** Checks the thread count. */
  public MachineSettings {
    if (threads != null) {
      Limits.positive("threads", threads);
    }
  }
}
