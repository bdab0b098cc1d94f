package org.rlhf4j.examples;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rlhf4j.grpo.GrpoSettings;
import org.rlhf4j.grpo.GrpoTrainer;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutScoring;
import org.rlhf4j.rollout.kl.KlEstimator;
import org.rlhf4j.rollout.kl.KlSettings;
import org.rlhf4j.rollout.reward.Reward;
import org.rlhf4j.rollout.source.RolloutSource;
import org.rlhf4j.settings.ConfigBuilder;
import org.rlhf4j.training.optimizer.Learner;
import org.rlhf4j.training.optimizer.OptimizerSettings;
import org.rlhf4j.training.run.Metrics;

/** Stage 3b step by step, on prompts that are in memory, with a function as reward. */
public final class GrpoSteps {

  private GrpoSteps() {}

  /** Argument: a policy's folder. */
  public static void main(String[] args) {
    List<String> prompts = List.of("Question: How do I cook rice? Reply:", "Question: Why? Reply:");
    run(Path.of(args[0]), prompts, 3).forEach(System.out::println);
  }

  // [grpo-steps
  static List<Metrics> run(Path folder, List<String> prompts, int steps) {
    GrpoSettings settings =
        ConfigBuilder.of(GrpoSettings.class).with(GrpoSettings::groupSize, 4).build();
    KlSettings kl =
        ConfigBuilder.of(KlSettings.class)
            .with(KlSettings::klIn, KlSettings.KlIn.LOSS)
            .with(KlSettings::klEstimator, KlEstimator.K3)
            .build();
    OptimizerSettings optimizer = ConfigBuilder.of(OptimizerSettings.class).build();
    Reward brief = // any function of the completions: here the shorter, the better
        rollout -> rollout.completions().stream().mapToDouble(one -> -one.length()).toArray();
    List<Metrics> metrics = new ArrayList<>();
    try (LanguageModel policy = LanguageModel.load(folder);
        LanguageModel reference = policy.copy();
        Learner learner =
            new Learner(policy.parameters(), optimizer, optimizer.scheduleOver(steps))) {
      RolloutSource source = Rollouts.of(policy, prompts, settings.groupSize(), brief);
      GrpoTrainer trainer = new GrpoTrainer(settings, kl, 1.0, 12, 4096, policy, learner);
      for (int step = 1; step <= steps; step++) {
        Rollout rollout =
            RolloutScoring.withRefLogprobs(reference, source.rollout(step), 1.0, 4096);
        metrics.add(trainer.step(step, rollout, rollout.scores()).metrics());
      }
    }
    return metrics;
  }
  // grpo-steps]
}
