package org.rlhf4j.report;

import java.util.List;
import java.util.Map;
import org.rlhf4j.ppo.PpoHealth;
import org.rlhf4j.rollout.PolicyHealth;
import org.rlhf4j.training.health.HealthCheck;
import org.rlhf4j.training.health.TrainingHealth;

/** Which stage a run is of, told by a setting that it alone has. */
enum StageKind {
  SFT("train-on"),
  REWARD("center-coefficient"),
  PPO("ppo-epochs"),
  GRPO("group-size"),
  UNKNOWN("");

  private final String setting;

  StageKind(String setting) {
    this.setting = setting;
  }

  /** What its runs are watched for; of an unknown one everything, as far as it has the metrics. */
  List<HealthCheck> checks() {
    return switch (this) {
      case SFT, REWARD -> TrainingHealth.CHECKS;
      case GRPO -> PolicyHealth.CHECKS;
      case PPO, UNKNOWN -> PpoHealth.CHECKS;
    };
  }

  /** The stage whose settings these are. */
  static StageKind of(Map<String, String> settings) {
    for (StageKind kind : values()) {
      if (settings.containsKey(kind.setting)) {
        return kind;
      }
    }
    return UNKNOWN;
  }
}
