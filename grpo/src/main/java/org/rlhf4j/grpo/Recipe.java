package org.rlhf4j.grpo;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.rlhf4j.settings.Preset;

/**
 * The settings that make the method of a paper, together: its loss, advantage, ratios, KL and
 * penalties. A size isn't part of it: completions of a prompt, prompts and updates of a step,
 * lengths and learning rates are of the paper's models.
 */
public enum Recipe implements Preset {
  /** Shao et al. 2024 (DeepSeekMath), equation 3 and section 4.2. */
  GRPO("Shao et al. 2024") {
    @Override
    void fill(Values values) {
      values
          .paper("loss", "grpo")
          .paper("advantage", "group")
          .ours("clip-low", "0.2")
          .ours("clip-high", "0.2")
          .paper("kl-in", "loss")
          .paper("kl-estimator", "k3")
          .paper("kl-coefficient", "0.04");
    }
  },
  /** Liu et al. 2025 (Dr. GRPO): neither lengths nor deviations divide, and no KL. */
  DR_GRPO("Liu et al. 2025") {
    @Override
    void fill(Values values) {
      values
          .paper("loss", "dr-grpo")
          .paper("advantage", "mean-only")
          .ours("clip-low", "0.2")
          .ours("clip-high", "0.2")
          .paper("kl-coefficient", "0");
    }
  },
  /** Yu et al. 2025 (DAPO), equations 8 to 13 and section 4.1. */
  DAPO("Yu et al. 2025") {
    @Override
    void fill(Values values) {
      values
          .paper("loss", "dapo")
          .paper("advantage", "group")
          .paper("clip-low", "0.2")
          .paper("clip-high", "0.28")
          .paper("kl-coefficient", "0")
          .paper("overlong-penalty", "1")
          .paper("overlong-share", "0.2")
          .paper("resample-until-full", "true");
    }
  },
  /** Zheng et al. 2025 (GSPO), equations 5 to 7 and section 5.1. */
  GSPO("Zheng et al. 2025") {
    @Override
    void fill(Values values) {
      values
          .paper("loss", "gspo")
          .paper("advantage", "group")
          .paper("clip-low", "3e-4")
          .paper("clip-high", "4e-4")
          .ours("kl-coefficient", "0");
    }
  },
  /** Ahmadian et al. 2024 (RLOO), equation 8: a completion is one action. */
  RLOO("Ahmadian et al. 2024") {
    @Override
    void fill(Values values) {
      values
          .paper("loss", "sequence")
          .paper("advantage", "leave-one-out")
          .ours("clip-low", "0.2")
          .ours("clip-high", "0.2")
          .paper("kl-in", "reward")
          .paper("kl-estimator", "k1")
          .ours("kl-coefficient", "0.05");
    }
  },
  /** Williams 1992, with a completion as one action and a moving mean (Ahmadian et al. 2024). */
  REINFORCE("Williams 1992; Ahmadian et al. 2024") {
    @Override
    void fill(Values values) {
      values
          .paper("loss", "sequence")
          .paper("advantage", "running-mean")
          .ours("clip-low", "0.2")
          .ours("clip-high", "0.2")
          .paper("kl-in", "reward")
          .paper("kl-estimator", "k1")
          .ours("kl-coefficient", "0.05");
    }
  },
  /** MiniMax 2025 (CISPO), equations 4 and 5; its cap is that of Khatri et al. 2025 (ScaleRL). */
  CISPO("MiniMax 2025; the cap: Khatri et al. 2025") {
    @Override
    void fill(Values values) {
      values
          .paper("loss", "cispo")
          .paper("advantage", "group")
          .paper("max-ratio", "5")
          .paper("kl-coefficient", "0");
    }
  };

  private final String source;
  private final Values values = new Values();

  Recipe(String source) {
    this.source = source;
    fill(values);
  }

  /** Gives the values, in the order in which they are shown. */
  abstract void fill(Values values);

  /** What a recipe gives: values of its paper, and our own where the paper has none. */
  static final class Values {
    private final Map<String, String> all = new LinkedHashMap<>();
    private final List<String> ours = new ArrayList<>();

    private Values paper(String setting, String value) {
      all.put(setting, value);
      return this;
    }

    private Values ours(String setting, String value) {
      ours.add(setting);
      return paper(setting, value);
    }
  }

  /** The paper. */
  public String source() {
    return source;
  }

  @Override
  public Map<String, String> defaults() {
    return Collections.unmodifiableMap(values.all);
  }

  /** The settings whose value isn't from the paper, but ours. */
  public List<String> ours() {
    return Collections.unmodifiableList(values.ours);
  }

  /**
   * The recipe in words: every value as it is in the run, which are ours, and which were given
   * otherwise.
   *
   * @param chosen the run's values by setting, as a user would write them
   * @param otherwise the settings of the recipe that were given another value
   */
  String line(Map<String, String> chosen, Set<String> otherwise) {
    String all =
        defaults().keySet().stream()
            .map(setting -> setting + " " + chosen.get(setting))
            .collect(Collectors.joining(", "));
    String line = "recipe " + this + " (" + source + "): " + all;
    List<String> kept = ours().stream().filter(setting -> !otherwise.contains(setting)).toList();
    if (!kept.isEmpty()) {
      line += "; not from the paper but ours: " + String.join(", ", kept);
    }
    if (!otherwise.isEmpty()) {
      line +=
          "; other than the recipe's: "
              + otherwise.stream().map(this::recipes).collect(Collectors.joining(", "));
    }
    return line;
  }

  private String recipes(String setting) {
    return setting + " (" + defaults().get(setting) + ")";
  }

  /** As it is written. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
