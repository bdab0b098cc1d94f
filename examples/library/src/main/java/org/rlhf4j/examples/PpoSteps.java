package org.rlhf4j.examples;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.ppo.Critic;
import org.rlhf4j.ppo.PpoSettings;
import org.rlhf4j.ppo.PpoTrainer;
import org.rlhf4j.ppo.SeparateCritic;
import org.rlhf4j.reward.Manifest;
import org.rlhf4j.rollout.MinibatchOrder;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutScoring;
import org.rlhf4j.rollout.kl.KlSettings;
import org.rlhf4j.rollout.reward.Reward;
import org.rlhf4j.rollout.reward.RewardModelReward;
import org.rlhf4j.rollout.source.RolloutSource;
import org.rlhf4j.settings.ConfigBuilder;
import org.rlhf4j.training.optimizer.Learner;
import org.rlhf4j.training.optimizer.OptimizerSettings;
import org.rlhf4j.training.run.Metrics;

/** Stage 3a step by step, on prompts that are in memory. */
public final class PpoSteps {

  private PpoSteps() {}

  /** Arguments: a policy's folder, a reward model's. */
  public static void main(String[] args) {
    List<String> prompts = List.of("Question: How do I cook rice? Reply:", "Question: Why? Reply:");
    run(Path.of(args[0]), Path.of(args[1]), prompts, 3).forEach(System.out::println);
  }

  // [ppo-steps
  static List<Metrics> run(Path policyFolder, Path rewardFolder, List<String> prompts, int steps) {
    PpoSettings settings =
        ConfigBuilder.of(PpoSettings.class).with(PpoSettings::ppoEpochs, 2).build();
    KlSettings kl = ConfigBuilder.of(KlSettings.class).build();
    OptimizerSettings optimizer = ConfigBuilder.of(OptimizerSettings.class).build();
    List<Metrics> metrics = new ArrayList<>();
    try (LanguageModel policy = LanguageModel.load(policyFolder);
        LanguageModel reference = policy.copy();
        ScalarModel rewardModel = Manifest.loadVerified(rewardFolder);
        Learner learner =
            new Learner(policy.parameters(), optimizer, optimizer.scheduleOver(steps));
        Critic critic =
            new SeparateCritic(
                rewardModel.copy(), optimizer, optimizer.scheduleOver(5e-6, steps))) {
      Reward reward = new RewardModelReward(rewardModel, policy.tokenizer(), 4096);
      RolloutSource source = Rollouts.of(policy, prompts, 1, reward);
      PpoTrainer trainer = new PpoTrainer(settings, kl, 1.0, 4096, policy, learner, critic);
      for (int step = 1; step <= steps; step++) {
        Rollout rollout =
            RolloutScoring.withRefLogprobs(reference, source.rollout(step), 1.0, 4096);
        MinibatchOrder order = MinibatchOrder.shuffled(rollout.size(), 1, 0);
        metrics.add(trainer.step(step, rollout, rollout.scores(), order).metrics());
      }
    }
    return metrics;
  }
  // ppo-steps]
}
