package org.rlhf4j.grpo;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.weights.SaveFormat;
import org.rlhf4j.rollout.MinibatchOrder;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.kl.KlController;
import org.rlhf4j.rollout.reward.RewardPrograms;
import org.rlhf4j.rollout.stage.LearntStep;
import org.rlhf4j.rollout.stage.Opened;
import org.rlhf4j.rollout.stage.PolicyHealth;
import org.rlhf4j.rollout.stage.PolicyRun;
import org.rlhf4j.rollout.stage.PolicySettings;
import org.rlhf4j.rollout.stage.PolicyStage;
import org.rlhf4j.rollout.stage.PolicyWorker;
import org.rlhf4j.training.RunPlan;
import org.rlhf4j.training.StageRun;
import org.rlhf4j.training.StageType;
import org.rlhf4j.training.optimizer.Learner;
import org.rlhf4j.training.run.AtomicFiles;
import org.rlhf4j.training.run.RunDirectory;
import org.rlhf4j.training.slice.SlicedGradients;
import org.rlhf4j.training.slice.Slices;
import org.rlhf4j.training.slice.SparkPlan;
import org.rlhf4j.training.slice.SparkSettings;
import org.rlhf4j.training.slice.TrainedWeights;

/** Stage 3b: improves a policy by GRPO against a reward, held to a frozen reference. */
public final class GrpoStage extends PolicyStage {
  /** This stage in the table of stages. */
  public static final StageType<GrpoConfig> TYPE =
      new StageType<>(
          "grpo",
          "Improve a policy by GRPO against a reward.",
          "Policies",
          GrpoConfig.class,
          StageType.Measure.REWARD,
          Map.of(
              "model", Set.of(StageType.ModelKind.LANGUAGE_MODEL),
              "reference-model", Set.of(StageType.ModelKind.LANGUAGE_MODEL),
              "reward-model", Set.of(StageType.ModelKind.REWARD_MODEL)),
          StageType.ModelKind.LANGUAGE_MODEL,
          PolicyHealth.CHECKS,
          GrpoStage::start);

  private static final String POLICY = "policy";

  private final Learner learner;
  private final GrpoTrainer trainer;
  private final GrpoConfig config;
  private final SaveFormat saved;

  private static void start(GrpoConfig given, StageRun run) throws IOException {
    try (RewardPrograms programs = RewardPrograms.tried(given.rollouts(), run.display().stream());
        LanguageModel policy =
            LanguageModel.load(
                given.rollouts().model(),
                given.lora().adapter(),
                given.machine().seed(),
                given.machine().format())) {
      GrpoConfig config = given.resolved(run.directory(), policy.config().dimensions());
      run.writeConfig(TYPE, config);
      try (GrpoStage stage = GrpoStage.open(config, run.directory(), policy, programs)) {
        run.display().stream().println(stage.run().report());
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
  static GrpoStage open(
      GrpoConfig config, RunDirectory directory, LanguageModel policy, RewardPrograms programs) {
    PolicySettings settings = policySettings(config);
    return Opened.allOrNone(
        opened -> {
          PolicyRun run = opened.add(PolicyRun.open(policy, settings, programs), PolicyRun::close);
          return new GrpoStage(config, directory, run, opened);
        });
  }

  /** What a run takes from its settings, in each process that computes for it. */
  static PolicySettings policySettings(GrpoConfig config) {
    return new PolicySettings(
        config.rollouts(),
        config.kl(),
        config.loop(),
        config.machine().seed(),
        config.grpo().groupSize(),
        config.grpo().resampled(),
        config.grpo().loss() == GrpoLoss.GSPO);
  }

  private GrpoStage(GrpoConfig config, RunDirectory directory, PolicyRun run, Opened opened) {
    super(directory, run, opened);
    LanguageModel policy = run.models().policy();
    this.config = config;
    this.saved = config.run().save().format();
    this.learner =
        opened.add(
            new Learner(
                policy.parameters(),
                config.optimizer(),
                config.optimizer().scheduleOver(run.steps())),
            Learner::close);
    this.trainer =
        new GrpoTrainer(
            config.grpo(),
            config.kl(),
            config.rollouts().maxNewTokens(),
            learner,
            RewardPrograms.weights(config.rollouts()),
            config.spark().isAsked() ? sliced(policy, opened) : passes(config, policy));
  }

  /** The passes of a policy in the process that has it. */
  static PolicyPasses passes(GrpoConfig config, LanguageModel policy) {
    return new PolicyPasses(
        config.grpo(),
        config.kl(),
        config.rollouts().temperature(),
        config.loop().microBatchTokens(),
        policy);
  }

  /** Lets other processes sample, score and compute gradients. */
  private UpdatePasses sliced(LanguageModel policy, Opened opened) {
    SparkSettings spark = config.spark();
    TrainedWeights trained = TrainedWeights.of(policy.parameters());
    Slices<PolicyWorker<PolicyPasses>> slices =
        opened.add(new GrpoWorkers().slices(spark, config, trained, run()::probe), Slices::close);
    run().computeBy(slices, trained::values, spark.sparkSlices());
    return new SlicedPasses(
        config.grpo(),
        new SlicedGradients<>(slices, trained, spark.sparkSlices()),
        policy.tokenizer());
  }

  @Override
  public String name() {
    return TYPE.name();
  }

  @Override
  protected KlController kl() {
    return trainer.kl();
  }

  @Override
  public Optional<RunPlan> plan() {
    GrpoSettings grpo = config.grpo();
    RunPlan plan = run().plan(grpo.updatesPerBatch(), grpo.minibatches(), List.of());
    LanguageModel policy = run().models().policy();
    SparkPlan onSpark =
        new SparkPlan(
            config.spark(),
            run().steps(),
            config.rollouts().promptsPerStep(),
            1,
            (long) grpo.updatesPerBatch() * grpo.minibatches(),
            policy.parameters().count(),
            policy.isAdapted());
    return Optional.of(onSpark.of(grpo.recipe() == null ? plan : plan.noting(List.of(recipe()))));
  }

  private String recipe() {
    Map<String, String> chosen = new HashMap<>();
    TYPE.settings()
        .texts(config)
        .forEach((setting, texts) -> chosen.put(setting.name(), String.join(",", texts)));
    return config.grpo().recipe().line(chosen, TYPE.settings().otherThanPresets(config));
  }

  @Override
  protected LearntStep<GrpoUpdate> learn(int step, Rollout rollout, double[] scores) {
    MinibatchOrder order =
        MinibatchOrder.shuffled(
            rollout.groups().size(), config.grpo().minibatches(), config.machine().seed());
    return trainer.step(step, rollout, scores, order);
  }

  @Override
  public void requireFinite() {
    learner.requireFinite();
  }

  @Override
  public void saveCheckpoint(Path folder) throws IOException {
    super.saveCheckpoint(folder);
    learner.save(folder, POLICY);
  }

  @Override
  public void loadCheckpoint(Path folder) {
    super.loadCheckpoint(folder);
    learner.load(folder, POLICY);
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
    AtomicFiles.writeFolder(to.model(), folder -> run().models().policy().save(folder, saved));
  }
}
