package org.rlhf4j.training;

import java.util.List;
import org.rlhf4j.model.adapter.LoraConfig;
import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.SettingsGroup;

/**
 * The low-rank adapter that is trained instead of all weights, {@link LoraConfig}.
 *
 * @param loraRank r; 0: no adapter
 * @param loraAlpha α, or null for twice the rank
 * @param loraDropout the share of an adapter's inputs that are zero in training
 * @param loraTargets the modules that get an adapter; empty: the usual ones
 */
@SettingsGroup("Adapter")
public record LoraSettings(
    @Setting(
            help =
                "Rank of a LoRA adapter that is trained instead of all weights. With 0 there is no"
                    + " adapter, unless --model is one.",
            defaultValue = "0")
        int loraRank,
    @Setting(
            help = "Alpha: the adapter's result is multiplied by alpha / rank.",
            defaultText = "twice the rank")
        Double loraAlpha,
    @Setting(
            help =
                "Share of the adapter's inputs that are zero in training; only in sft, reward and"
                    + " dpo.",
            defaultValue = "0")
        double loraDropout,
    @Setting(
            help =
                "Modules that get an adapter, by the ends of their names (q_proj,v_proj), or"
                    + " all-linear.",
            defaultText = "q_proj,v_proj; or the one matrix that a model has for both")
        List<String> loraTargets) {

  /** Checks the ranges, and that nothing is set for an adapter that isn't there. */
  public LoraSettings {
    Limits.notNegative("lora-rank", loraRank);
    Limits.fraction("lora-dropout", loraDropout);
    if (loraAlpha != null) {
      Limits.positive("lora-alpha", loraAlpha);
      Limits.require(loraRank > 0, "lora-alpha", "needs --lora-rank");
    }
    Limits.require(loraRank > 0 || loraDropout == 0, "lora-dropout", "needs --lora-rank");
    Limits.require(loraRank > 0 || loraTargets.isEmpty(), "lora-targets", "needs --lora-rank");
    loraTargets = List.copyOf(loraTargets);
  }

  /** What is asked for; null where there is no adapter. */
  public LoraConfig adapter() {
    double alpha = loraAlpha == null ? 2.0 * loraRank : loraAlpha;
    return loraRank == 0 ? null : new LoraConfig(loraRank, alpha, loraDropout, false, loraTargets);
  }

  /** Refuses a dropout: the ratios to the policy that sampled would be of another network. */
  public void requireNoDropout() {
    Limits.require(
        loraDropout == 0,
        "lora-dropout",
        "must be 0 here: with dropout the ratios to the policy that sampled aren't 1");
  }
}
