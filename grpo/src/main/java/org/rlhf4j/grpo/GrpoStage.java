package org.rlhf4j.grpo;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.weights.SaveFormat;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.kl.KlController;
import org.rlhf4j.rollout.reward.RewardPrograms;
import org.rlhf4j.rollout.stage.LearntStep;
import org.rlhf4j.rollout.stage.Opened;
import org.rlhf4j.rollout.stage.PolicyRun;
import org.rlhf4j.rollout.stage.PolicySettings;
import org.rlhf4j.rollout.stage.PolicyStage;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.training.RunPlan;
import org.rlhf4j.training.StageWork;
import org.rlhf4j.training.TrainingLoop;
import org.rlhf4j.training.display.Display;
import org.rlhf4j.training.display.ProgressListener;
import org.rlhf4j.training.optimizer.Learner;
import org.rlhf4j.training.run.AtomicFiles;
import org.rlhf4j.training.run.RunDirectory;

/** Stage 3b: improves a policy by GRPO against a reward, held to a frozen reference. */
public final class GrpoStage extends PolicyStage {
  private static final String POLICY = "policy";

  private final Learner learner;
  private final GrpoTrainer trainer;
  private final int updatesPerBatch;
  private final SaveFormat saved;

  /**
   * Runs the stage, from its newest checkpoint where it goes on.
   *
   * @param given its settings
   * @throws IOException when the run directory can't be read or written
   */
  public static void run(GrpoConfig given) throws IOException {
    run(given, TrainingLoop::train);
  }

  /**
   * Runs the stage as {@link #run(GrpoConfig)} does, and tells a listener what that would show.
   *
   * @param given its settings
   * @param listener hears of its progress
   * @throws IOException when the run directory can't be read or written
   */
  public static void run(GrpoConfig given, ProgressListener listener) throws IOException {
    run(given, TrainingLoop::train, Display.telling(listener));
  }

  /**
   * Makes the stage ready and hands it on.
   *
   * @param given its settings
   * @param work what to do with it
   * @throws IOException when the run directory can't be read or written
   */
  public static void run(GrpoConfig given, StageWork work) throws IOException {
    run(given, work, Display.stderr());
  }

  private static void run(GrpoConfig given, StageWork work, Display display) throws IOException {
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
        GrpoConfig config = given.resolved(directory, policy.config().dimensions());
        directory.writeConfig(Settings.of(GrpoConfig.class), config);
        try (GrpoStage stage = GrpoStage.open(config, directory, policy, programs)) {
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
   * @return the stage, to be closed
   */
  static GrpoStage open(
      GrpoConfig config, RunDirectory directory, LanguageModel policy, RewardPrograms programs) {
    PolicySettings settings =
        new PolicySettings(
            config.rollouts(),
            config.kl(),
            config.loop(),
            config.machine().seed(),
            config.grpo().groupSize(),
            config.grpo().resampleGroups());
    return Opened.allOrNone(
        opened -> {
          PolicyRun run = opened.add(PolicyRun.open(policy, settings, programs), PolicyRun::close);
          return new GrpoStage(config, directory, run, opened);
        });
  }

  private GrpoStage(GrpoConfig config, RunDirectory directory, PolicyRun run, Opened opened) {
    super(directory, run, opened);
    LanguageModel policy = run.models().policy();
    this.updatesPerBatch = config.grpo().updatesPerBatch();
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
            config.rollouts().temperature(),
            config.rollouts().maxNewTokens(),
            config.loop().microBatchTokens(),
            policy,
            learner);
  }

  @Override
  public String name() {
    return "grpo";
  }

  @Override
  protected KlController kl() {
    return trainer.kl();
  }

  @Override
  public Optional<RunPlan> plan() {
    return Optional.of(run().plan(updatesPerBatch, 1, List.of()));
  }

  @Override
  protected LearntStep<GrpoUpdate> learn(int step, Rollout rollout, double[] scores) {
    return trainer.step(step, rollout, scores);
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
  public Map<String, Double> counters() {
    return trainer.counters();
  }

  @Override
  public void restoreCounters(Map<String, Double> counters) {
    trainer.restoreCounters(counters);
  }

  @Override
  public void saveModel(RunDirectory to) throws IOException {
    AtomicFiles.writeFolder(to.model(), folder -> run().models().policy().save(folder, saved));
  }
}
