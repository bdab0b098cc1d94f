package org.rlhf4j.ppo;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.ValueHead;
import org.rlhf4j.model.adapter.LoraConfig;
import org.rlhf4j.model.weights.SaveFormat;
import org.rlhf4j.reward.Normalization;
import org.rlhf4j.rollout.MinibatchOrder;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.kl.KlController;
import org.rlhf4j.rollout.reward.RewardPrograms;
import org.rlhf4j.rollout.stage.LearntStep;
import org.rlhf4j.rollout.stage.Opened;
import org.rlhf4j.rollout.stage.PolicyModels;
import org.rlhf4j.rollout.stage.PolicyRun;
import org.rlhf4j.rollout.stage.PolicySettings;
import org.rlhf4j.rollout.stage.PolicyStage;
import org.rlhf4j.rollout.stage.PolicyWorker;
import org.rlhf4j.training.RunPlan;
import org.rlhf4j.training.StageRun;
import org.rlhf4j.training.StageType;
import org.rlhf4j.training.health.HealthCheck;
import org.rlhf4j.training.optimizer.Learner;
import org.rlhf4j.training.optimizer.LearningRateSchedule;
import org.rlhf4j.training.run.AtomicFiles;
import org.rlhf4j.training.run.RunDirectory;
import org.rlhf4j.training.slice.Probe;
import org.rlhf4j.training.slice.SlicedGradients;
import org.rlhf4j.training.slice.Slices;
import org.rlhf4j.training.slice.SparkPlan;
import org.rlhf4j.training.slice.SparkSettings;
import org.rlhf4j.training.slice.TrainedWeights;

/** Stage 3a: improves a policy by PPO against a reward, held to a frozen reference. */
public final class PpoStage extends PolicyStage {
  /** This stage in the table of stages. */
  public static final StageType<PpoConfig> TYPE =
      new StageType<>(
          "ppo",
          "Improve a policy by PPO against a reward.",
          "Policies",
          PpoConfig.class,
          StageType.Measure.REWARD,
          Map.of(
              "model", Set.of(StageType.ModelKind.LANGUAGE_MODEL),
              "reference-model", Set.of(StageType.ModelKind.LANGUAGE_MODEL),
              "reward-model", Set.of(StageType.ModelKind.REWARD_MODEL)),
          StageType.ModelKind.LANGUAGE_MODEL,
          PpoHealth.CHECKS,
          PpoStage::start);

  private static final String POLICY = "policy";

  private final PpoConfig config;
  private final Critic critic;
  private final Learner policyLearner;
  private final PpoTrainer trainer;
  private final Optional<Pretraining> pretraining;

  private static void start(PpoConfig given, StageRun run) throws IOException {
    try (RewardPrograms programs = RewardPrograms.tried(given.rollouts(), run.display().stream());
        LanguageModel policy =
            LanguageModel.load(
                given.rollouts().model(),
                given.lora().adapter(),
                given.machine().seed(),
                given.machine().format())) {
      PpoConfig config = given.resolved(run.directory(), policy.config().dimensions());
      run.writeConfig(TYPE, config);
      try (PpoStage stage = PpoStage.open(config, run.directory(), policy, programs)) {
        run.display().stream().println(stage.run().report());
        stage.pretraining.ifPresent(one -> one.report().forEach(run.display().stream()::println));
        run.ready(config.loop(), config.rollouts().heldOut().evaluation(), stage);
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
   * @return the stage, to be closed
   */
  static PpoStage open(
      PpoConfig config, RunDirectory directory, LanguageModel policy, RewardPrograms programs) {
    PolicySettings settings = policySettings(config);
    return Opened.allOrNone(
        opened -> {
          PolicyRun run = opened.add(PolicyRun.open(policy, settings, programs), PolicyRun::close);
          return new PpoStage(config, directory, run, opened);
        });
  }

  /** What a run takes from its settings, in each process that computes for it. */
  static PolicySettings policySettings(PpoConfig config) {
    return new PolicySettings(
        config.rollouts(), config.kl(), config.loop(), config.machine().seed(), 1, 0, false);
  }

  private PpoStage(PpoConfig config, RunDirectory directory, PolicyRun run, Opened opened) {
    super(directory, run, opened);
    LanguageModel policy = run.models().policy();
    this.config = config;
    this.critic = opened.add(critic(config, run), Critic::close);
    this.policyLearner =
        opened.add(
            new Learner(
                policy.parameters(),
                config.optimizer(),
                config.optimizer().scheduleOver(run.steps())),
            Learner::close);
    this.pretraining = Pretraining.read(config, policy);
    this.trainer =
        new PpoTrainer(
            config.ppo(),
            config.kl(),
            config.rollouts().temperature(),
            config.loop().microBatchTokens(),
            policy,
            policyLearner,
            critic,
            pretraining,
            config.spark().isAsked() ? sliced(policy, opened) : passes(config, policy, critic));
  }

  /** The passes of policy and critic in the process that has them. */
  static NetworkPasses passes(PpoConfig config, LanguageModel policy, Critic critic) {
    return new NetworkPasses(
        config.ppo(), config.kl(), config.rollouts().temperature(), policy, critic);
  }

  /** Lets other processes sample, score and compute gradients. */
  private MinibatchPasses sliced(LanguageModel policy, Opened opened) {
    SparkSettings spark = config.spark();
    TrainedWeights trained = TrainedWeights.of(policy.parameters(), critic.parameters());
    Slices<PolicyWorker<SentPasses>> slices =
        opened.add(
            new PpoWorkers().slices(spark, config, trained, () -> run().probe().and(probe(critic))),
            Slices::close);
    run().computeBy(slices, trained::values, spark.sparkSlices());
    return new SlicedPasses(
        new SlicedGradients<>(slices, trained, spark.sparkSlices()), policy.tokenizer());
  }

  /** What a process computes with a critic that hasn't learnt yet. */
  static Probe probe(Critic critic) {
    try (ScalarModel model = critic.toModel()) {
      return Probe.of(model);
    }
  }

  /** The critic that a run begins with. */
  static Critic critic(PpoConfig config, PolicyRun run) {
    PpoSettings settings = config.ppo();
    long seed = config.machine().seed();
    LearningRateSchedule schedule =
        config.optimizer().scheduleOver(settings.valueLearningRate(), run.steps());
    return switch (settings.critic()) {
      case SEPARATE -> {
        ScalarModel model =
            valueModel(settings.valueModel(), config.lora().adapter(), run.models(), seed);
        model.checkpointGradients(config.loop().gradientCheckpointing());
        yield new SeparateCritic(
            model, normalization(config, run.models()), config.optimizer(), schedule);
      }
      case SHARED -> {
        LanguageModel policy = run.models().policy();
        yield new SharedCritic(policy, ValueHead.fresh(policy, seed), config.optimizer(), schedule);
      }
    };
  }

  /** Of the values of a critic that starts in the units of raw scores, not with a fresh head. */
  private static Normalization normalization(PpoConfig config, PolicyModels models) {
    boolean startsFromScores =
        config.ppo().valueModel() != null || lentRewardModel(models).isPresent();
    if (!config.rollouts().normalizeReward() || !startsFromScores) {
      return Normalization.NONE;
    }
    int lent = lentRewardModel(models).map(models.rewardModels()::indexOf).orElse(0);
    return Normalization.of(config.rollouts().rewardModels().rewardModel().get(lent));
  }

  /** The first reward model that has the policy's tokenizer. */
  private static Optional<ScalarModel> lentRewardModel(PolicyModels models) {
    String tokenizer = models.policy().tokenizer().hash();
    return models.rewardModels().stream()
        .filter(model -> model.tokenizer().hash().equals(tokenizer))
        .findFirst();
  }

  /**
   * What the critic starts from: as asked for, else a reward model, else the policy. With an
   * adapter it trains one too, on weights that it shares with what it is from.
   */
  private static ScalarModel valueModel(
      Path valueModel, LoraConfig lora, PolicyModels models, long seed) {
    LanguageModel policy = models.policy();
    if (valueModel != null) {
      return readingRollouts(
          valueModel, models, () -> ScalarModel.loadOrStart(valueModel, lora, seed, policy));
    }
    return lentRewardModel(models)
        .map(model -> lora == null ? model.copy() : model.adapted(lora, seed))
        .orElseGet(() -> ScalarModel.from(policy, seed));
  }

  private static ScalarModel readingRollouts(
      Path folder, PolicyModels models, Supplier<ScalarModel> load) {
    return Opened.allOrNone(
        opened -> {
          ScalarModel model = opened.add(load.get(), ScalarModel::close);
          models.requireReadsRollouts(
              folder, model.tokenizer(), model.config().dimensions().positions());
          return model;
        });
  }

  @Override
  public String name() {
    return TYPE.name();
  }

  @Override
  public List<HealthCheck> checks() {
    return TYPE.checks();
  }

  @Override
  protected KlController kl() {
    return trainer.kl();
  }

  @Override
  public Optional<RunPlan> plan() {
    RunPlan plan =
        run()
            .plan(
                config.ppo().ppoEpochs(),
                config.ppo().minibatches(),
                List.of(RunPlan.Part.trained("critic", critic.parameters())));
    LanguageModel policy = run().models().policy();
    SparkPlan onSpark =
        new SparkPlan(
            config.spark(),
            run().steps(),
            config.rollouts().promptsPerStep(),
            1,
            (long) config.ppo().ppoEpochs() * config.ppo().minibatches(),
            policy.parameters().count() + critic.parameters().count(),
            policy.isAdapted());
    return Optional.of(
        onSpark.of(pretraining.map(one -> plan.noting(List.of(one.plan()))).orElse(plan)));
  }

  @Override
  protected LearntStep<PpoUpdate> learn(int step, Rollout rollout, double[] scores) {
    MinibatchOrder order =
        MinibatchOrder.shuffled(
            rollout.size(), config.ppo().minibatches(), config.machine().seed());
    return trainer.step(step, rollout, scores, order);
  }

  @Override
  public void requireFinite() {
    policyLearner.requireFinite();
    critic.requireFinite();
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
  protected Map<String, Double> trainerCounters() {
    return trainer.counters();
  }

  @Override
  protected void restoreTrainerCounters(Map<String, Double> counters) {
    trainer.restoreCounters(counters);
  }

  @Override
  public void saveModel(RunDirectory to) throws IOException {
    SaveFormat format = config.run().save().format();
    AtomicFiles.writeFolder(to.model(), folder -> run().models().policy().save(folder, format));
    try (ScalarModel model = critic.toModel()) {
      AtomicFiles.writeFolder(to.critic(), folder -> model.save(folder, format));
    }
  }
}
