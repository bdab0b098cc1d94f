package org.rlhf4j.rollout.stage;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutSettings;
import org.rlhf4j.rollout.compare.ModelComparison;
import org.rlhf4j.rollout.file.RolloutFile;
import org.rlhf4j.rollout.source.ReplayedRollouts;
import org.rlhf4j.training.RunPlan;
import org.rlhf4j.training.StopFlag;
import org.rlhf4j.training.run.Metrics;
import org.rlhf4j.training.run.Sample;

/**
 * Steps that were recorded, with their scores: nothing is sampled, judged or proved.
 *
 * @param rollouts of the steps
 * @param settings say what of them is computed anew
 */
record ReplayedSteps(ReplayedRollouts rollouts, RolloutSettings settings) implements StepSource {

  static ReplayedSteps read(RolloutSettings settings, LanguageModel policy) {
    return new ReplayedSteps(
        new ReplayedRollouts(
            RolloutFile.read(settings.replay(), policy.tokenizer(), policy.config().dimensions())),
        settings);
  }

  @Override
  public long stepsPerEpoch() {
    return rollouts.stepsPerEpoch();
  }

  @Override
  public String report() {
    return "prompts: " + stepsPerEpoch() + " recorded steps";
  }

  @Override
  public StepRollout rollout(int step, StopFlag stop) {
    return new StepRollout(settings.toReplay(rollouts.rollout(step)), new Metrics());
  }

  @Override
  public void prove(int step, Rollout rollout) {
    // What was recorded needn't be of this policy.
  }

  @Override
  public List<Sample> samples() {
    return List.of();
  }

  @Override
  public Optional<ModelComparison> heldOutComparison() {
    return Optional.empty();
  }

  @Override
  public List<RunPlan.Part> memory() {
    return List.of();
  }

  @Override
  public String work(int steps, long updates) {
    return String.format(Locale.ROOT, "%,d recorded steps, %,d updates", steps, updates);
  }

  @Override
  public double seconds(int steps, double passes) {
    return Double.NaN;
  }
}
