package org.rlhf4j.rollout.stage;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.rollout.ReplayBufferSettings;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutMetrics;
import org.rlhf4j.rollout.RolloutScoring;
import org.rlhf4j.rollout.RolloutSettings;
import org.rlhf4j.rollout.compare.ModelComparison;
import org.rlhf4j.rollout.reward.RewardPrograms;
import org.rlhf4j.rollout.source.ReplayBuffer;
import org.rlhf4j.training.HeldOutGoal;
import org.rlhf4j.training.RunPlan;
import org.rlhf4j.training.StopFlag;
import org.rlhf4j.training.StoppedException;
import org.rlhf4j.training.run.Sample;
import org.rlhf4j.training.slice.Probe;
import org.rlhf4j.training.slice.Slices;

/**
 * What ppo and grpo have in common: models, a source of rollouts, and each step's rollout from
 * both, complete with the log-probabilities of policy and reference.
 */
public final class PolicyRun implements AutoCloseable {
  private final PolicySettings settings;
  private final PenalizedScores penalized;
  private final PolicyModels models;
  private final StepSource source;
  private final Optional<ReplayBuffer> buffer;

  private PolicyRun(
      LanguageModel policy, PolicySettings settings, RewardPrograms programs, Opened opened) {
    this.settings = settings;
    this.penalized = PenalizedScores.of(settings.rollouts());
    this.models = opened.add(PolicyModels.load(policy, settings), PolicyModels::close);
    this.source =
        opened.add(StepSource.of(models, settings, penalized, programs), StepSource::close);
    this.buffer =
        settings.rollouts().buffer().isAsked()
            ? Optional.of(new ReplayBuffer(settings.rollouts().buffer(), settings.seed()))
            : Optional.empty();
  }

  /**
   * Loads what the run needs beside the policy.
   *
   * @param policy to improve, by passes as the loop's settings say; stays the caller's to close
   * @param settings the run's
   * @param programs that judge completions; stay the caller's to close
   * @return the run, to be closed
   */
  public static PolicyRun open(
      LanguageModel policy, PolicySettings settings, RewardPrograms programs) {
    policy.checkpointGradients(settings.loop().gradientCheckpointing());
    return Opened.allOrNone(opened -> new PolicyRun(policy, settings, programs, opened));
  }

  /** The settings. */
  PolicySettings settings() {
    return settings;
  }

  /** Policy, reference and reward models. */
  public PolicyModels models() {
    return models;
  }

  /** How many steps the run makes. */
  public int steps() {
    return settings.loop().stepsOver(source.stepsPerEpoch());
  }

  /** What the rollouts are made from, for the reader at the terminal. */
  public String report() {
    return source.report();
  }

  /**
   * The rollout of a step with scores and the log-probabilities of policy and reference, with those
   * of steps before that are learnt from again. On the first sampled one the proofs are made.
   *
   * @param step from 1
   * @return the batch, and what became of it before it was complete
   */
  public StepRollout rollout(int step) {
    return rollout(step, new StopFlag());
  }

  /**
   * The rollout of a step as {@link #rollout(int)} gives it, unless it is asked to stop.
   *
   * @param step from 1
   * @param stop looked at after each completion that is sampled here or by servers, and once all
   *     are scored: until then nothing has changed of what a checkpoint holds
   * @return the batch, and what became of it before it was complete
   * @throws StoppedException by {@code stop}
   */
  public StepRollout rollout(int step, StopFlag stop) {
    // 1. Completions with their scores: sampled, or as recorded; behind them some of steps before.
    StepRollout made = source.rollout(step, stop);
    stop.throwIfAsked();
    Rollout joined = buffer.map(one -> one.joined(step, made.rollout())).orElse(made.rollout());
    // 2. Log-probabilities of π_old and of the reference, if there are none yet.
    Rollout rollout = withLogprobs(joined);
    // 3. The proofs, on the first sampled rollout.
    source.prove(step, rollout);
    if (buffer.isPresent()) {
      buffer.get().add(step, rollout.fresh());
    }
    return new StepRollout(rollout, made.metrics().putAll(RolloutMetrics.replayed(step, rollout)));
  }

  /**
   * From now on other processes sample and score.
   *
   * @param slices where the completions of a step are computed
   * @param trained the weights that are trained, as they stand
   * @param most slices of a step
   */
  public void computeBy(
      Slices<? extends PolicyWorker<?>> slices, Supplier<float[]> trained, int most) {
    sampled().computeBy(new SlicedRollouts(slices, trained, most));
  }

  /** What a process computes that has this run's models and rows, before anything is trained. */
  public Probe probe() {
    return sampled().probe();
  }

  private SampledSteps sampled() {
    if (source instanceof SampledSteps sampled) {
      return sampled;
    }
    throw new IllegalStateException("replayed steps are computed in one process");
  }

  /**
   * The completions of some prompts, computed here, with scores and the log-probabilities of policy
   * and reference.
   *
   * @param step from 1
   * @param rows indices of prompts
   */
  public Rollout ofRows(int step, int[] rows) {
    return withLogprobs(sampled().ofRows(step, rows));
  }

  private Rollout withLogprobs(Rollout rollout) {
    double temperature = settings.rollouts().temperature();
    int tokenBudget = settings.tokenBudget();
    return RolloutScoring.withRefLogprobs(
        models.reference(),
        RolloutScoring.withLogprobs(models.policy(), rollout, temperature, tokenBudget),
        temperature,
        tokenBudget);
  }

  /**
   * The scores, normalized where that is wanted, after the penalty for completions that were cut.
   *
   * @param rollout a scored batch
   * @return one per completion, in flat order
   */
  public double[] penalizedScores(Rollout rollout) {
    return penalized.of(rollout);
  }

  /**
   * The KL from policy to reference over the whole vocabulary, both as they stand.
   *
   * @param rollout at whose tokens
   * @return the mean over completions of the sum over their tokens, in nats
   */
  double exactKl(Rollout rollout) {
    return RolloutScoring.exactKl(
        models.policy(),
        models.reference(),
        rollout,
        settings.rollouts().temperature(),
        settings.tokenBudget());
  }

  /** Compares the policy as it stands with the reference on held-out prompts, where there are. */
  Optional<ModelComparison> heldOutComparison() {
    return source.heldOutComparison();
  }

  /** By what such comparisons are compared. */
  HeldOutGoal goal() {
    return settings.rollouts().heldOut().goal();
  }

  /**
   * A completion of each of a few prompts, held-out ones where there are, by the policy as it
   * stands, drawn with the same random numbers each time.
   *
   * @return completions with their raw scores; none where rollouts are replayed
   */
  List<Sample> samples() {
    return source.samples();
  }

  /**
   * What the run is going to do.
   *
   * @param passes over each rollout batch
   * @param minibatches updates of a pass
   * @param more networks beside policy, reference and reward model that are trained
   * @return the plan; its tokens are counted as if no completion ended early
   */
  public RunPlan plan(int passes, int minibatches, List<RunPlan.Part> more) {
    LanguageModel policy = models.policy();
    List<RunPlan.Part> memory = new ArrayList<>(models.memory(more));
    memory.addAll(RunPlan.Part.ofTokens(policy, settings.tokenBudget()));
    memory.addAll(source.memory());
    buffer.ifPresent(one -> memory.add(bufferMemory(one)));
    long updates = (long) steps() * passes * minibatches;
    // Forward passes over a batch: the scoring networks', and those that updates amount to.
    int scored = 1 + models.rewardModels().size() + more.size();
    double trained = RunPlan.passes(policy) * (1 + more.size()) * passes;
    // What is replayed is scored by all but the reward models, and trained on.
    double again = buffer.map(ReplayBuffer::replayedToFresh).orElse(0.0);
    double passesAgain = again * (1 + more.size() + trained);
    return new RunPlan(
        source.work(steps(), updates) + bufferWork(),
        memory,
        source.seconds(steps(), scored + trained + passesAgain));
  }

  private RunPlan.Part bufferMemory(ReplayBuffer full) {
    RolloutSettings rollouts = settings.rollouts();
    return full.memory(
        (long) rollouts.promptsPerStep() * settings.samples(), rollouts.maxNewTokens());
  }

  private String bufferWork() {
    ReplayBufferSettings given = settings.rollouts().buffer();
    return buffer.isEmpty()
        ? ""
        : String.format(
            Locale.ROOT,
            "; of an update's completions %.0f %% are of the last %,d steps",
            100 * given.replayShare(),
            given.replayBuffer());
  }

  /**
   * Writes what later steps depend on beside the models.
   *
   * @param folder the checkpoint's
   */
  void saveCheckpoint(Path folder) throws IOException {
    if (buffer.isPresent()) {
      buffer.get().save(folder);
    }
  }

  /** Takes over {@link #saveCheckpoint}. */
  void loadCheckpoint(Path folder) {
    buffer.ifPresent(one -> one.load(folder, models.policy()));
  }

  @Override
  public void close() {
    source.close();
    models.close();
  }
}
