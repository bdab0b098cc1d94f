package org.rlhf4j.rollout.stage;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.compare.ModelComparison;
import org.rlhf4j.rollout.file.RolloutFile;
import org.rlhf4j.rollout.kl.KlController;
import org.rlhf4j.rollout.kl.KlSettings;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.training.HeldOutGoal;
import org.rlhf4j.training.Stage;
import org.rlhf4j.training.StopFlag;
import org.rlhf4j.training.health.HealthCheck;
import org.rlhf4j.training.optimizer.WeightsFile;
import org.rlhf4j.training.run.AtomicFiles;
import org.rlhf4j.training.run.Metrics;
import org.rlhf4j.training.run.RunDirectory;
import org.rlhf4j.training.run.Sample;
import org.rlhf4j.training.run.StepLines;

/**
 * What the stages ppo and grpo have in common: each step a rollout, what is learnt from it, and a
 * record of both.
 */
public abstract class PolicyStage implements Stage, AutoCloseable {
  private static final String REFERENCE = "reference.safetensors";

  private final RunDirectory directory;
  private final PolicyRun run;
  private final KlSettings klSettings;
  private final Opened opened;
  private Rollout current;
  private int currentStep;

  /**
   * A stage.
   *
   * @param directory the open run directory
   * @param run models and rollouts
   * @param opened what the stage closes, the run among it
   */
  protected PolicyStage(RunDirectory directory, PolicyRun run, Opened opened) {
    this.directory = directory;
    this.run = run;
    this.klSettings = run.settings().kl();
    this.opened = opened;
  }

  /**
   * Learns from a rollout.
   *
   * @param step from 1
   * @param rollout complete, as {@link PolicyRun#rollout} gives it
   * @param scores the completions' scores, penalties subtracted
   */
  protected abstract LearntStep<?> learn(int step, Rollout rollout, double[] scores);

  /** The KL coefficient's controller. */
  protected abstract KlController kl();

  /** Numbers of the trainer that later steps depend on, by name. */
  protected abstract Map<String, Double> trainerCounters();

  /** Takes over the trainer's numbers of a checkpoint. */
  protected abstract void restoreTrainerCounters(Map<String, Double> counters);

  @Override
  public final Map<String, Double> counters() {
    Map<String, Double> counters = new HashMap<>(trainerCounters());
    counters.putAll(run.models().sampler().counters());
    return counters;
  }

  @Override
  public final void restoreCounters(Map<String, Double> counters) {
    restoreTrainerCounters(counters);
    run.models().sampler().restoreCounters(counters);
  }

  /** Models and rollouts. */
  protected final PolicyRun run() {
    return run;
  }

  @Override
  public final Precision precision() {
    return run.models().policy().precision();
  }

  @Override
  public List<HealthCheck> checks() {
    return PolicyHealth.CHECKS;
  }

  @Override
  public final int steps() {
    return run.steps();
  }

  @Override
  public final List<String> shownMetrics() {
    return List.of("reward", "kl", "ended");
  }

  @Override
  public final Metrics step(int step, StopFlag stop) throws IOException {
    long start = System.nanoTime();
    StepRollout made = run.rollout(step, stop);
    current = made.rollout();
    currentStep = step;
    double sampling = seconds(start);
    Metrics exact = new Metrics();
    if (klSettings.exactKl()) {
      exact.put("kl_exact", run.exactKl(current.fresh()));
    }
    LearntStep<?> learnt = learn(step, current, run.penalizedScores(current));
    Metrics sampled = run.models().sampler().after(learnt.metrics());
    if (klSettings.refreshesReferenceAfter(step)) {
      run.models().refreshReference();
      kl().restart();
    }
    try (StepLines lines = new StepLines(directory.rollouts())) {
      for (var line : RolloutFile.lines(step, learnt.rollout(), learnt.advantages())) {
        lines.append(line);
      }
      lines.sync();
    }
    double training = seconds(start) - sampling;
    return learnt
        .metrics()
        .putAll(exact)
        .putAll(made.metrics())
        .putAll(sampled)
        .put("rollout_seconds", sampling)
        .put("training_seconds", training)
        .put("tokens_per_second", current.fresh().tokens() / (sampling + training));
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) / 1e9;
  }

  @Override
  public final Metrics evaluate(int step) throws IOException {
    Optional<ModelComparison> comparison = run.heldOutComparison();
    if (comparison.isEmpty()) {
      return new Metrics();
    }
    AtomicFiles.writeString(directory.evaluation(), comparison.get().json() + "\n");
    return comparison.get().metrics();
  }

  @Override
  public final HeldOutGoal goal() {
    return run.goal();
  }

  @Override
  public final Optional<String> reasonToStop(Metrics metrics) {
    Double most = klSettings.stopAtKl();
    double kl = metrics.get("kl").orElse(0);
    return most == null || !(kl >= most)
        ? Optional.empty()
        : Optional.of(
            String.format(Locale.ROOT, "kl %.4g is at or above --stop-at-kl %.4g", kl, most));
  }

  @Override
  public final List<Sample> samples() {
    return run.samples();
  }

  /**
   * Writes the replay buffer, and the reference where it isn't what the settings name; subclasses
   * add what they train.
   */
  @Override
  public void saveCheckpoint(Path folder) throws IOException {
    run.saveCheckpoint(folder);
    if (klSettings.refreshReferenceEvery() != null) {
      WeightsFile.save(run.models().reference().parameters(), folder.resolve(REFERENCE));
    }
  }

  @Override
  public void loadCheckpoint(Path folder) {
    run.loadCheckpoint(folder);
    if (klSettings.refreshReferenceEvery() != null) {
      WeightsFile.load(run.models().reference().parameters(), folder.resolve(REFERENCE));
    }
  }

  @Override
  public final void saveFailedBatch(Path file) throws IOException {
    try (StepLines lines = new StepLines(file)) {
      for (var line : RolloutFile.lines(currentStep, current)) {
        lines.append(line);
      }
    }
  }

  @Override
  public final void close() {
    opened.close();
  }
}
