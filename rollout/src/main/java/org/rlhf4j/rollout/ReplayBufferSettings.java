package org.rlhf4j.rollout;

import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.SettingsGroup;

/**
 * Experience replay (Lin 1992): what steps before sampled is learnt from again.
 *
 * @param replayBuffer the steps whose rollouts are kept, or null for none
 * @param replayShare the share of an update's completions that comes from them, or null
 */
@SettingsGroup("Experience replay")
public record ReplayBufferSettings(
    @Setting(
            help =
                "Keep the rollouts of this many steps, and learn from some of their completions"
                    + " again, beside the fresh ones.",
            defaultText = "none")
        Integer replayBuffer,
    @Setting(
            help =
                "Share of the completions of an update that comes from the replay buffer. They are"
                    + " added to the fresh ones.",
            defaultText = "0.5 with --replay-buffer")
        Double replayShare) {

  /** Fills in the share, and checks the ranges. */
  public ReplayBufferSettings {
    Limits.require(
        replayBuffer != null || replayShare == null, "replay-share", "is for --replay-buffer");
    if (replayBuffer != null) {
      Limits.positive("replay-buffer", replayBuffer);
      replayShare = replayShare == null ? Double.valueOf(0.5) : replayShare;
      Limits.require(
          replayShare > 0 && replayShare < 1,
          "replay-share",
          "must be above 0 and below 1, not " + replayShare);
    }
  }

  /** Whether there is a buffer. */
  public boolean isAsked() {
    return replayBuffer != null;
  }
}
