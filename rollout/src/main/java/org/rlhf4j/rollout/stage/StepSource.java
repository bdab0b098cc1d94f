package org.rlhf4j.rollout.stage;

import java.util.List;
import java.util.Optional;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.compare.ModelComparison;
import org.rlhf4j.rollout.reward.RewardPrograms;
import org.rlhf4j.training.RunPlan;
import org.rlhf4j.training.StopFlag;
import org.rlhf4j.training.StoppedException;
import org.rlhf4j.training.run.Sample;

/** Where the rollouts of a run come from: they are sampled and scored, or were recorded. */
sealed interface StepSource permits SampledSteps, ReplayedSteps {

  /**
   * Opens what the settings name.
   *
   * @param models of the run
   * @param settings the run's
   * @param penalized what completions of a group are told apart by
   * @param programs that judge completions; stay the caller's to close
   */
  static StepSource of(
      PolicyModels models,
      PolicySettings settings,
      PenalizedScores penalized,
      RewardPrograms programs) {
    return settings.rollouts().replay() != null
        ? ReplayedSteps.read(settings.rollouts(), models.policy())
        : new SampledSteps(models, settings, penalized, programs);
  }

  /** Frees what was opened. */
  default void close() {}

  /** Steps that go once over what rollouts are made from. */
  long stepsPerEpoch();

  /** What rollouts are made from, for the reader at the terminal. */
  String report();

  /**
   * The completions of a step with their scores: a function of the step, the policy's weights and
   * the seed.
   *
   * @param step from 1
   * @param stop looked at where it takes long
   * @throws StoppedException by {@code stop}
   */
  StepRollout rollout(int step, StopFlag stop);

  /**
   * Makes the proofs on a rollout, where they are due.
   *
   * @param step from 1
   * @param rollout the step's, with the log-probabilities of policy and reference
   */
  void prove(int step, Rollout rollout);

  /** Completions of a few prompts by the policy as it stands. */
  List<Sample> samples();

  /** The policy as it stands beside the reference on held-out prompts, where there are. */
  Optional<ModelComparison> heldOutComparison();

  /** What sampling takes beside the models. */
  List<RunPlan.Part> memory();

  /** What steps with so many updates amount to, in words. */
  String work(int steps, long updates);

  /**
   * What steps take on this machine; NaN where nothing was tried.
   *
   * @param steps of the run
   * @param passes over a step's batch, in forward passes of the policy
   */
  double seconds(int steps, double passes);
}
