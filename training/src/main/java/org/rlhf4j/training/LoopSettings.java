package org.rlhf4j.training;

import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.SettingsGroup;

/**
 * How long a stage runs, and when it writes checkpoints.
 *
 * @param epochs passes over the data, where {@code steps} is null
 * @param steps optimizer steps, or null
 * @param shuffle whether each pass goes over the rows in an order of its own
 * @param microBatchTokens tokens that go through the network at once, or null for the memory plan's
 * @param gradientCheckpointing whether a training pass keeps the input of each layer alone
 * @param checkpointEvery steps from one checkpoint to the next
 * @param keepCheckpoints how many of the newest checkpoints stay
 * @param profile whether each step's metrics say where its time and memory went
 */
@SettingsGroup("Length and checkpoints")
public record LoopSettings(
    @Setting(help = "Passes over the data, if --steps isn't given.", defaultValue = "1")
        double epochs,
    @Setting(
            help =
                "Steps to make. A step is one optimizer step; in ppo and grpo it is one rollout"
                    + " batch. The data is repeated if there are more steps than data.",
            defaultText = "from the epochs")
        Integer steps,
    @Setting(
            help = "Take the rows in another order at each pass. false keeps their order.",
            defaultValue = "true")
        boolean shuffle,
    @Setting(
            help =
                "Tokens that go through the network at once. This changes memory and speed, but no"
                    + " result beyond float error.",
            defaultText = "from the memory plan",
            resumable = true)
        Integer microBatchTokens,
    @Setting(
            help =
                "Keep only the input of each layer, and compute the layer once more in the backward"
                    + " pass. This takes less memory and more time. The results are the same.",
            defaultValue = "false",
            resumable = true)
        boolean gradientCheckpointing,
    @Setting(
            help = "Steps from one checkpoint to the next.",
            defaultValue = "100",
            resumable = true)
        int checkpointEvery,
    @Setting(
            help = "How many of the newest checkpoints stay.",
            defaultValue = "2",
            resumable = true)
        int keepCheckpoints,
    @Setting(
            help = "Show in the metrics and at the end where time and memory went.",
            defaultValue = "false",
            resumable = true)
        boolean profile) {

  /** Checks the ranges. */
  public LoopSettings {
    Limits.positive("epochs", epochs);
    if (steps != null) {
      Limits.positive("steps", steps);
    }
    if (microBatchTokens != null) {
      Limits.positive("micro-batch-tokens", microBatchTokens);
    }
    Limits.positive("checkpoint-every", checkpointEvery);
    Limits.positive("keep-checkpoints", keepCheckpoints);
  }

  /**
   * How many steps the run makes.
   *
   * @param stepsPerEpoch steps that go over the data once
   * @return {@code steps} where given, else those that go over the data {@code epochs} times, the
   *     last one possibly begun in the next pass
   */
  public int stepsOver(long stepsPerEpoch) {
    return steps != null ? steps : (int) Math.ceil(epochs * stepsPerEpoch);
  }
}
