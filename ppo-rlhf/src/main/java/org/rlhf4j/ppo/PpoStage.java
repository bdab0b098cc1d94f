package org.rlhf4j.ppo;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.ValueHead;
import org.rlhf4j.model.adapter.LoraConfig;
import org.rlhf4j.model.weights.SaveFormat;
import org.rlhf4j.rollout.KlController;
import org.rlhf4j.rollout.PolicyRun;
import org.rlhf4j.rollout.PolicyStage;
import org.rlhf4j.rollout.RewardPrograms;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.training.RunPlan;
import org.rlhf4j.training.StageWork;
import org.rlhf4j.training.TrainingLoop;
import org.rlhf4j.training.display.Display;
import org.rlhf4j.training.display.ProgressListener;
import org.rlhf4j.training.health.HealthCheck;
import org.rlhf4j.training.optimizer.Learner;
import org.rlhf4j.training.optimizer.LearningRateSchedule;
import org.rlhf4j.training.run.AtomicFiles;
import org.rlhf4j.training.run.RunDirectory;

/** Stage 3a: improves a policy by PPO against a reward, held to a frozen reference. */
public final class PpoStage extends PolicyStage {
  private static final String POLICY = "policy";

  private final PpoConfig config;
  private final Critic critic;
  private final Learner policyLearner;
  private final PpoTrainer trainer;

  /**
   * Runs the stage, from its newest checkpoint where it goes on.
   *
   * @param given its settings
   * @throws IOException when the run directory can't be read or written
   */
  public static void run(PpoConfig given) throws IOException {
    run(given, TrainingLoop::train);
  }

  /**
   * Runs the stage as {@link #run(PpoConfig)} does, and tells a listener what that would show.
   *
   * @param given its settings
   * @param listener hears of its progress
   * @throws IOException when the run directory can't be read or written
   */
  public static void run(PpoConfig given, ProgressListener listener) throws IOException {
    run(given, TrainingLoop::train, Display.telling(listener));
  }

  /**
   * Makes the stage ready and hands it on.
   *
   * @param given its settings
   * @param work what to do with it
   * @throws IOException when the run directory can't be read or written
   */
  public static void run(PpoConfig given, StageWork work) throws IOException {
    run(given, work, Display.stderr());
  }

  private static void run(PpoConfig given, StageWork work, Display display) throws IOException {
    try (RunDirectory directory = given.run().open()) {
      if (TrainingLoop.isFinished(directory, display)) {
        return;
      }
      try (RewardPrograms programs = RewardPrograms.tried(given.rollouts(), display.stream());
          LanguageModel policy =
              LanguageModel.load(
                  given.rollouts().model(),
                  given.lora().adapter(),
                  given.machine().seed(),
                  given.machine().precision())) {
        PpoConfig config = given.resolved(directory, policy.config().dimensions());
        directory.writeConfig(Settings.of(PpoConfig.class), config);
        try (PpoStage stage = new PpoStage(config, directory, policy, programs)) {
          display.stream().println(stage.run().report());
          work.on(
              directory, config.loop(), config.rollouts().heldOut().evaluation(), stage, display);
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
    super(
        directory,
        new PolicyRun(
            policy, config.rollouts(), config.loop(), config.machine().seed(), 1, 0, programs),
        config.kl());
    this.config = config;
    this.critic = critic(config, run());
    this.policyLearner =
        new Learner(
            policy.parameters(),
            config.optimizer(),
            config.optimizer().scheduleOver(run().steps()));
    this.trainer =
        new PpoTrainer(
            config.ppo(),
            config.kl(),
            config.rollouts().temperature(),
            config.loop().microBatchTokens(),
            policy,
            policyLearner,
            critic);
  }

  private static Critic critic(PpoConfig config, PolicyRun run) {
    PpoSettings settings = config.ppo();
    long seed = config.machine().seed();
    LearningRateSchedule schedule =
        config.optimizer().scheduleOver(settings.valueLearningRate(), run.steps());
    return switch (settings.critic()) {
      case SEPARATE -> {
        ScalarModel model = valueModel(settings.valueModel(), config.lora().adapter(), run, seed);
        model.checkpointGradients(config.loop().gradientCheckpointing());
        yield new SeparateCritic(model, config.optimizer(), schedule);
      }
      case SHARED ->
          new SharedCritic(
              run.policy(), ValueHead.fresh(run.policy(), seed), config.optimizer(), schedule);
    };
  }

  /**
   * What the critic starts from: as asked for, else the reward model, else the policy. With an
   * adapter it trains one too, on weights that it shares with what it is from.
   */
  private static ScalarModel valueModel(
      Path valueModel, LoraConfig lora, PolicyRun run, long seed) {
    LanguageModel policy = run.policy();
    if (valueModel != null) {
      ScalarModel critic = ScalarModel.loadOrStart(valueModel, lora, seed, policy);
      run.requireReadsRollouts(
          valueModel, critic.tokenizer(), critic.config().dimensions().positions());
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
  public List<HealthCheck> checks() {
    return PpoHealth.CHECKS;
  }

  @Override
  protected KlController kl() {
    return trainer.kl();
  }

  @Override
  public Optional<RunPlan> plan() {
    return Optional.of(
        run()
            .plan(
                config.ppo().ppoEpochs(),
                config.ppo().minibatches(),
                List.of(RunPlan.Part.trained("critic", critic.parameters()))));
  }

  @Override
  protected Learnt learn(int step, Rollout rollout, double[] scores) {
    MinibatchOrder order =
        MinibatchOrder.shuffled(
            rollout.size(), config.ppo().minibatches(), config.machine().seed());
    PpoStep made = trainer.step(step, rollout, scores, order);
    return new Learnt(made.rollout(), made.advantages(), made.metrics());
  }

  @Override
  public void saveCheckpoint(Path folder) throws IOException {
    super.saveCheckpoint(folder);
    policyLearner.save(folder, POLICY);
    critic.saveCheckpoint(folder);
  }

  @Override
  public void loadCheckpoint(Path folder) {
    super.loadCheckpoint(folder);
    policyLearner.load(folder, POLICY);
    critic.loadCheckpoint(folder);
  }

  @Override
  public Map<String, Double> counters() {
    return trainer.counters();
  }

  @Override
  public void restoreCounters(Map<String, Double> counters) {
    trainer.restoreCounters(counters);
  }

  @Override
  public void saveModel(RunDirectory to) throws IOException {
    SaveFormat format = config.run().save().format();
    AtomicFiles.writeFolder(to.model(), folder -> run().policy().save(folder, format));
    try (ScalarModel model = critic.toModel()) {
      AtomicFiles.writeFolder(to.critic(), folder -> model.save(folder, format));
    }
  }

  @Override
  public void close() throws IOException {
    policyLearner.close();
    critic.close();
    super.close();
  }
}
