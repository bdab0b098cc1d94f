package org.rlhf4j.grpo;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.rlhf4j.model.LanguageModel;
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

/** Stage 3b: improves a policy by GRPO against a reward, held to a frozen reference. */
public final class GrpoStage implements Stage, AutoCloseable {
  private static final String POLICY = "policy";
  private static final String KL_COEFFICIENT = "kl_coefficient";

  private final RunDirectory directory;
  private final PolicyRun run;
  private final Learner learner;
  private final GrpoTrainer trainer;
  private Rollout current;

  /**
   * Runs the stage from its settings to its end.
   *
   * @param given as the user wrote them
   * @throws IOException when the run directory can't be read or written
   */
  public static void run(GrpoConfig given) throws IOException {
    Display display = Display.stderr();
    try (RunDirectory directory = given.run().open()) {
      if (TrainingLoop.isFinished(directory, display)) {
        return;
      }
      try (RewardPrograms programs = RewardPrograms.tried(given.rollouts(), display.stream());
          LanguageModel policy =
              LanguageModel.load(
                  given.rollouts().model(), given.lora().adapter(), given.machine().seed())) {
        GrpoConfig config = given.resolved(directory, policy.config().dimensions());
        directory.writeConfig(Settings.of(GrpoConfig.class), config);
        try (GrpoStage stage = new GrpoStage(config, directory, policy, programs)) {
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
  GrpoStage(
      GrpoConfig config, RunDirectory directory, LanguageModel policy, RewardPrograms programs) {
    this.directory = directory;
    this.run =
        new PolicyRun(
            policy,
            config.rollouts(),
            config.loop(),
            config.machine().seed(),
            config.grpo().groupSize(),
            config.grpo().resampleGroups(),
            programs);
    this.learner =
        new Learner(
            run.policy().parameters(),
            config.optimizer(),
            config.optimizer().scheduleOver(run.steps()));
    this.trainer =
        new GrpoTrainer(
            config.grpo(),
            config.kl(),
            config.rollouts().temperature(),
            config.rollouts().maxNewTokens(),
            config.loop().microBatchTokens(),
            run.policy(),
            learner);
  }

  @Override
  public String name() {
    return "grpo";
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
    GrpoStep made = trainer.step(step, current, run.penalizedScores(current));
    try (StepLines lines = new StepLines(directory.rollouts())) {
      for (var line : RolloutFile.lines(step, current, made.advantages())) {
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
    learner.save(folder, POLICY);
  }

  @Override
  public void loadCheckpoint(Path folder) {
    learner.load(folder, POLICY);
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
    learner.close();
    run.close();
  }
}
