package org.rlhf4j.report;

import java.util.Map;

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
