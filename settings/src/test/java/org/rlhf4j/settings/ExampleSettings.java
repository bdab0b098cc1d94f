package org.rlhf4j.settings;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** One setting of every kind, two groups, a check of its own. */
record ExampleSettings(
    @Setting(help = "The model.", required = true) String model,
    @Setting(help = "Rows to train on.") List<Path> data,
    @Setting(help = "Epochs.") Integer epochs,
    @Setting(help = "Kind of update.", defaultValue = "adaptive-kl") Objective objective,
    @Setting(help = "Parts of a row.", defaultValue = "completion") List<Part> trainOn,
    @Setting(help = "Rewards.") List<Weighted> reward,
    @Setting(help = "Go on.", defaultValue = "false") boolean resume,
    @Defaults({"learning-rate=1e-6"}) Optimizer optimizer,
    @Setting(help = "Discount.", name = "gamma", defaultValue = "1") double discount) {

  enum Objective {
    CLIP,
    ADAPTIVE_KL
  }

  enum Part {
    PROMPT,
    COMPLETION
  }

  @SettingsGroup("Optimizer")
  record Optimizer(
      @Setting(help = "Step size.", defaultValue = "2e-5") double learningRate,
      @Setting(help = "First moment's decay.", defaultValue = "0.9") double adamBeta1,
      @Setting(help = "Micro-batch.", defaultText = "from the memory plan") Long microBatchTokens) {

    Optimizer {
      Limits.positive("learning-rate", learningRate);
      Limits.fraction("adam-beta1", adamBeta1);
    }
  }

  /** A name with a weight: {@code [WEIGHT*]NAME}. */
  record Weighted(double weight, String name) {

    static Weighted parse(String text) {
      int star = text.indexOf('*');
      if (star == 0) {
        throw new UsageException("no weight before '*'");
      }
      return star < 0
          ? new Weighted(1, text)
          : new Weighted(Double.parseDouble(text.substring(0, star)), text.substring(star + 1));
    }

    static Weighted parse(Map<String, String> fields) {
      return new Weighted(
          Double.parseDouble(fields.getOrDefault("weight", "1")), fields.get("name"));
    }

    @Override
    public String toString() {
      return ValueType.number(weight) + "*" + name;
    }
  }
}
