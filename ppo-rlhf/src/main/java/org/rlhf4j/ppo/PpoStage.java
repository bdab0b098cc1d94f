package org.rlhf4j.ppo;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.LoraConfig;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.UserException;
import org.rlhf4j.rollout.PolicyRun;
import org.rlhf4j.rollout.RewardPrograms;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutFile;
import org.rlhf4j.training.AtomicFiles;
import org.rlhf4j.training.Display;
import org.rlhf4j.training.Learner;
import org.rlhf4j.training.Metrics;
import org.rlhf4j.training.RunDirectory;
import org.rlhf4j.training.Sample;
import org.rlhf4j.training.Stage;
import org.rlhf4j.training.StepLines;
import org.rlhf4j.training.TrainingLoop;
import org.rlhf4j.training.settings.Settings;

/** Stage 3a: improves a policy by PPO against a reward, held to a frozen reference. */
public final class PpoStage implements Stage, AutoCloseable {
  private static final String POLICY = "policy";
  private static final String CRITIC = "critic";
  private static final String KL_COEFFICIENT = "kl_coefficient";

  private final PpoConfig config;
  private final RunDirectory directory;
  private final PolicyRun run;
  private final ScalarModel critic;
  private final Learner policyLearner;
  private final Learner criticLearner;
  private final PpoTrainer trainer;
  private Rollout current;

  /**
   * Runs the stage from its settings to its end.
   *
   * @param given as the user wrote them
   * @throws IOException when the run directory can't be read or written
   */
  public static void run(PpoConfig given) throws IOException {
    Display display = Display.stderr();
    try (RunDirectory directory = given.run().open()) {
      if (TrainingLoop.isFinished(directory, display)) {
        return;
      }
      try (RewardPrograms programs = RewardPrograms.tried(given.rollouts(), display.stream());
          LanguageModel policy =
              LanguageModel.load(
                  given.rollouts().model(), given.lora().adapter(), given.machine().seed())) {
        PpoConfig config = given.resolved(directory, policy.config().dimensions());
        directory.writeConfig(Settings.of(PpoConfig.class), config);
        try (PpoStage stage = new PpoStage(config, directory, policy, programs)) {
          display.stream().println(stage.run.report());
          new TrainingLoop(directory, config.loop(), stage, display).run();
        }
      }
    }
  }

  /**
   * Loads what the stage needs beside the policy.
   *
   * @param config the settings, resolved
   * @param directory the open run directory
   * @param policy to improve
   * @param programs that judge completions
   */
  PpoStage(
      PpoConfig config, RunDirectory directory, LanguageModel policy, RewardPrograms programs) {
    this.config = config;
    this.directory = directory;
    long seed = config.machine().seed();
    this.run = new PolicyRun(policy, config.rollouts(), config.loop(), seed, 1, 0, programs);
    this.critic = critic(config.ppo().valueModel(), config.lora().adapter(), run, seed);
    int steps = run.steps();
    this.policyLearner =
        new Learner(
            run.policy().parameters(), config.optimizer(), config.optimizer().scheduleOver(steps));
    this.criticLearner =
        new Learner(
            critic.parameters(),
            config.optimizer(),
            config.optimizer().scheduleOver(config.ppo().valueLearningRate(), steps));
    this.trainer =
        new PpoTrainer(
            config.ppo(),
            config.kl(),
            config.rollouts().temperature(),
            config.loop().microBatchTokens(),
            run.policy(),
            critic,
            policyLearner,
            criticLearner);
  }

  /**
   * The critic: as asked for, else from the reward model, else from the policy. With an adapter it
   * trains one too, on weights that it shares with what it is from.
   */
  private static ScalarModel critic(Path valueModel, LoraConfig lora, PolicyRun run, long seed) {
    LanguageModel policy = run.policy();
    if (valueModel != null) {
      ScalarModel critic = ScalarModel.loadOrStart(valueModel, lora, seed, policy);
      if (!critic.tokenizer().hash().equals(policy.tokenizer().hash())) {
        throw new UserException(
            valueModel + ": has another tokenizer than the policy, so it can't be its critic");
      }
      return critic;
    }
    ScalarModel rewardModel = run.rewardModel();
    boolean fits =
        rewardModel != null && rewardModel.tokenizer().hash().equals(policy.tokenizer().hash());
    if (!fits) {
      return ScalarModel.from(policy, seed);
    }
    return lora == null ? rewardModel.copy() : rewardModel.adapted(lora, seed);
  }

  @Override
  public String name() {
    return "ppo";
  }

  @Override
  public int steps() {
    return run.steps();
  }

  @Override
  public List<String> shownMetrics() {
    return List.of("reward", "kl", "ended");
  }

  @Override
  public Metrics step(int step) throws IOException {
    long start = System.nanoTime();
    current = run.rollout(step);
    double sampling = (System.nanoTime() - start) / 1e9;
    MinibatchOrder order =
        MinibatchOrder.shuffled(
            current.size(), config.ppo().minibatches(), config.machine().seed());
    PpoStep made = trainer.step(step, current, run.penalizedScores(current), order);
    try (StepLines lines = new StepLines(directory.rollouts())) {
      for (var line : RolloutFile.lines(step, made.rollout(), made.advantages())) {
        lines.append(line);
      }
    }
    double training = (System.nanoTime() - start) / 1e9 - sampling;
    return made.metrics()
        .putAll(run.metrics())
        .put("rollout_seconds", sampling)
        .put("training_seconds", training)
        .put("tokens_per_second", current.tokens() / (sampling + training));
  }

  @Override
  public List<Sample> samples() {
    return run.samples();
  }

  @Override
  public void saveCheckpoint(Path folder) throws IOException {
    policyLearner.save(folder, POLICY);
    criticLearner.save(folder, CRITIC);
  }

  @Override
  public void loadCheckpoint(Path folder) {
    policyLearner.load(folder, POLICY);
    criticLearner.load(folder, CRITIC);
  }

  @Override
  public Map<String, Double> counters() {
    return Map.of(KL_COEFFICIENT, trainer.kl().coefficient());
  }

  @Override
  public void restoreCounters(Map<String, Double> counters) {
    trainer.kl().restore(counters.get(KL_COEFFICIENT));
  }

  @Override
  public void saveModel(RunDirectory to) throws IOException {
    AtomicFiles.writeFolder(to.model(), run.policy()::save);
    AtomicFiles.writeFolder(to.critic(), critic::save);
  }

  @Override
  public void saveFailedBatch(Path file) throws IOException {
    try (StepLines lines = new StepLines(file)) {
      for (var line : RolloutFile.lines(0, current)) {
        lines.append(line);
      }
    }
  }

  @Override
  public void close() throws IOException {
    policyLearner.close();
    criticLearner.close();
    critic.close();
    run.close();
  }
}
