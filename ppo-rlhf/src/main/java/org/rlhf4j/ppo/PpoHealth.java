package org.rlhf4j.ppo;

import java.util.List;
import java.util.stream.Stream;
import org.rlhf4j.rollout.stage.PolicyHealth;
import org.rlhf4j.training.health.HealthCheck;

/** The check on what ppo alone measures, its critic, beside those of {@link PolicyHealth}. */
public final class PpoHealth {

  /** After the steps that a fresh critic needs. */
  public static final HealthCheck CRITIC_NOT_LEARNING =
      new HealthCheck(
          "critic-not-learning",
          history ->
              history.count("explained_variance") >= 20
                  && history.recent("explained_variance", 10).getAsDouble() < 0.05,
          history ->
              HealthCheck.text(
                  "the critic doesn't explain the returns (explained_variance %.2f)",
                  history.recent("explained_variance", 10)),
          "raise --value-learning-rate, or --prompts-per-step");

  /** All that a run is watched by. */
  public static final List<HealthCheck> CHECKS =
      Stream.concat(PolicyHealth.CHECKS.stream(), Stream.of(CRITIC_NOT_LEARNING)).toList();

  private PpoHealth() {}
}
