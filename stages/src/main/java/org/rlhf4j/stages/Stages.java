package org.rlhf4j.stages;

import java.util.List;
import java.util.Optional;
import org.rlhf4j.dpo.DpoStage;
import org.rlhf4j.grpo.GrpoStage;
import org.rlhf4j.ppo.PpoStage;
import org.rlhf4j.reward.RewardStage;
import org.rlhf4j.sft.SftStage;
import org.rlhf4j.training.StageType;

/** The table of stages. */
public final class Stages {
  /** All of them, in the order in which a pipeline usually runs them. */
  public static final List<StageType<?>> ALL =
      List.of(SftStage.TYPE, RewardStage.TYPE, DpoStage.TYPE, PpoStage.TYPE, GrpoStage.TYPE);

  private Stages() {}

  /** The names of all stages, in the table's order. */
  public static List<String> names() {
    return ALL.stream().<String>map(StageType::name).toList();
  }

  /**
   * Finds a stage.
   *
   * @param name of a stage, or anything else
   * @return the stage of that name, or nothing
   */
  public static Optional<StageType<?>> named(String name) {
    return ALL.stream().filter(stage -> stage.name().equals(name)).findFirst();
  }
}
