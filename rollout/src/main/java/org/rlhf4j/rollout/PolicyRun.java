package org.rlhf4j.rollout;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.rlhf4j.data.batch.BatchOrder;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.reward.Manifest;
import org.rlhf4j.reward.Normalization;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.HeldOutGoal;
import org.rlhf4j.training.LoopSettings;
import org.rlhf4j.training.RunPlan;
import org.rlhf4j.training.run.Metrics;
import org.rlhf4j.training.run.Sample;

/**
 * What ppo and grpo have in common: the policy, its frozen reference, and the rollouts of each
 * step, complete with the log-probabilities of both.
 */
public final class PolicyRun implements AutoCloseable {

  private final RolloutSettings settings;
  private final Normalization normalization;
  private final LanguageModel policy;
  private final LanguageModel reference;
  private final ScalarModel rewardModel;
  private final RolloutSource source;
  private final ResampledRollouts resampled;
  private final SampledRollouts sampler;
  private final RolloutSource sampleSource;
  private final int tokenBudget;
  private final int samples;
  private final int steps;
  private final String report;
  private Optional<HeldOutPrompts> heldOut = Optional.empty();
  private LanguageModel firstReference; // null where it is the reference still
  private int unscored;

  /**
   * Loads what the run needs beside the policy.
   *
   * @param policy to improve, by passes as the loop's settings say; stays the caller's to close
   * @param settings where rollouts come from, resolved
   * @param loop how long the run is, its micro-batch tokens resolved
   * @param seed the run's
   * @param samples completions per prompt
   * @param resample prompts that a step may sample in place of those whose rewards are all equal
   * @param programs that judge completions; stay the caller's to close
   */
  public PolicyRun(
      LanguageModel policy,
      RolloutSettings settings,
      LoopSettings loop,
      long seed,
      int samples,
      int resample,
      RewardPrograms programs) {
    this.settings = settings;
    this.normalization =
        settings.normalizeReward() ? Normalization.of(settings.rewardModel()) : Normalization.NONE;
    this.tokenBudget = loop.microBatchTokens();
    policy.checkpointGradients(loop.gradientCheckpointing());
    this.samples = samples;
    this.policy = policy;
    this.reference =
        settings.referenceModel() == null
            ? policy.copy()
            : LanguageModel.load(settings.referenceModel(), policy);
    requireReadsRollouts(
        settings.referenceModel(),
        reference.tokenizer(),
        reference.config().dimensions().positions());
    if (settings.replay() != null) {
      this.rewardModel = null;
      this.resampled = null;
      this.sampler = null;
      this.sampleSource = null;
      this.source =
          new ReplayedRollouts(
              RolloutFile.read(
                  settings.replay(), policy.tokenizer(), policy.config().dimensions()));
      this.steps = loop.stepsOver(source.available());
      this.report = "prompts: " + source.available() + " recorded steps";
    } else {
      this.rewardModel =
          settings.rewardModel() == null
              ? null
              : Manifest.loadVerified(settings.rewardModel(), policy);
      RunPrompts prompts = RunPrompts.read(settings, policy.tokenizer(), seed);
      Optional<RewardModelReward> judge = rewardModelReward();
      judge.ifPresent(prompts::requireReadBy);
      BatchOrder order = prompts.order(loop.shuffle());
      Reward reward = programs.with(judge, policy.tokenizer());
      SampledRollouts sampled = prompts.rollouts(policy, order, samples, reward);
      this.resampled =
          resample == 0 ? null : new ResampledRollouts(sampled, resample, this::penalizedScore);
      this.source = resample == 0 ? sampled : resampled;
      this.sampler = sampled;
      this.sampleSource = prompts.few(policy, reward);
      this.heldOut = prompts.heldOut(reference, reward, tokenBudget);
      this.steps = loop.stepsOver(order.stepsPerEpoch());
      this.report = String.join(System.lineSeparator(), prompts.lines());
    }
  }

  private Optional<RewardModelReward> rewardModelReward() {
    return rewardModel == null
        ? Optional.empty()
        : Optional.of(new RewardModelReward(rewardModel, policy.tokenizer(), tokenBudget));
  }

  /** The policy. */
  public LanguageModel policy() {
    return policy;
  }

  /** The reference, frozen but for {@link #refreshReference}. */
  public LanguageModel reference() {
    return reference;
  }

  /** Makes the policy as it stands the reference, which has its shape. */
  public void refreshReference() {
    reference.parameters().set(policy.parameters());
  }

  /**
   * Makes sure that a network can read the policy's own tokens.
   *
   * @param folder where it is from
   * @param tokenizer its tokenizer
   * @param positions how many tokens it reads
   * @throws UserException where its tokenizer is another, or a rollout doesn't fit
   */
  public void requireReadsRollouts(Path folder, Tokenizer tokenizer, int positions) {
    if (!tokenizer.hash().equals(policy.tokenizer().hash())) {
      throw new UserException(
          folder + ": has another tokenizer than the policy, whose tokens it has to read");
    }
    if (positions < settings.maxLength()) {
      throw new UserException(
          "%s: reads %d tokens at most; lower --max-length, which is %d, to that"
              .formatted(folder, positions, settings.maxLength()));
    }
  }

  /**
   * Gets ready for {@link #refreshReference}: held-out prompts stay with the reference that the run
   * begins with.
   *
   * @throws UserException where the policy and the reference have different shapes
   */
  void keepFirstReference() {
    if (!policy.isTrainedLike(reference)) {
      throw new UserException(
          settings.referenceModel()
              + ": has another shape than the policy, or an adapter on another base, so the policy"
              + " can't become the reference; leave out --refresh-reference-every");
    }
    if (heldOut.isPresent()) {
      firstReference = reference.copy();
      heldOut = Optional.of(heldOut.get().against(firstReference));
    }
  }

  /** Compares the policy as it stands with the reference on held-out prompts, where there are. */
  Optional<ModelComparison> heldOutComparison() {
    return heldOut.map(prompts -> prompts.compare(policy));
  }

  /** By what such comparisons are compared. */
  HeldOutGoal goal() {
    return settings.heldOut().goal();
  }

  /**
   * The KL from policy to reference over the whole vocabulary, both as they stand.
   *
   * @param rollout at whose tokens
   * @return the mean over completions of the sum over their tokens, in nats
   */
  public double exactKl(Rollout rollout) {
    double sum = 0;
    for (RolloutMicroBatch batch : RolloutMicroBatch.of(rollout, i -> true, tokenBudget)) {
      for (float kl : policy.divergences(reference, batch.tokens(), settings.temperature())) {
        sum += kl;
      }
    }
    return sum / rollout.size();
  }

  /** The reward model; null where programs judge alone, and when rollouts are replayed. */
  public ScalarModel rewardModel() {
    return rewardModel;
  }

  /** How many steps the run makes. */
  public int steps() {
    return steps;
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
    List<RunPlan.Part> memory = new ArrayList<>();
    memory.add(RunPlan.Part.trained("policy", policy.parameters()));
    memory.addAll(RunPlan.Part.base(policy));
    memory.addAll(more);
    memory.add(RunPlan.Part.frozen("reference", reference.parameters()));
    if (firstReference != null) {
      memory.add(RunPlan.Part.frozen("first reference", firstReference.parameters()));
    }
    if (rewardModel != null) {
      memory.add(RunPlan.Part.frozen("reward model", rewardModel.parameters()));
    }
    memory.addAll(RunPlan.Part.ofTokens(policy, tokenBudget));
    if (sampler != null) {
      memory.addAll(sampler.memory(settings.maxLength()));
    }
    long updates = (long) steps * passes * minibatches;
    if (settings.replay() != null) {
      String work = "%,d recorded steps, %,d updates".formatted(steps, updates);
      return new RunPlan(work, memory, Double.NaN);
    }
    long completions = (long) steps * settings.promptsPerStep() * samples;
    String work =
        "%,d steps of %,d prompts, completions of each: %,d; %,d completions of at most %,d tokens; %,d updates"
            .formatted(
                steps,
                settings.promptsPerStep(),
                samples,
                completions,
                settings.maxNewTokens(),
                updates);
    // Forward passes over a batch: the scoring networks', and those that updates amount to.
    int scored = 1 + (rewardModel == null ? 0 : 1) + more.size();
    double trained = RunPlan.passes(policy) * (1 + more.size()) * passes;
    SampledRollouts.Trial trial = sampler.trial();
    double seconds = steps * (trial.sampling() + trial.forward() * (scored + trained));
    return new RunPlan(work, memory, seconds);
  }

  /** What the rollouts are made from, for the reader at the terminal. */
  public String report() {
    return report;
  }

  /**
   * The rollout of a step with scores and the log-probabilities of policy and reference. On the
   * first sampled one the proofs are made.
   *
   * @param step from 1
   * @return the batch
   */
  public Rollout rollout(int step) {
    double temperature = settings.temperature();
    // 1. Completions with their scores: sampled, or as recorded.
    Rollout rollout = judged(step, source.rollout(step));
    // 2. Log-probabilities of policy and reference, where there are none yet.
    rollout = RolloutScoring.withLogprobs(policy, rollout, temperature, tokenBudget);
    rollout = RolloutScoring.withRefLogprobs(reference, rollout, temperature, tokenBudget);
    // 3. The proofs, on the first sampled rollout.
    if (step == 1 && settings.replay() == null && !settings.skipProofs()) {
      prove(rollout);
    }
    return rollout;
  }

  private void prove(Rollout rollout) {
    Proofs proofs = Proofs.of(policy, rollout, settings.temperature(), tokenBudget);
    proofs.ratioIsOne();
    if (settings.referenceModel() == null) {
      proofs.klIsZero();
    }
    proofs.batchSplitIsNoMatter();
    proofs.paddingIsNoMatter(policy.tokenizer().eosId(), policy.config().dimensions().positions());
    rewardModelReward()
        .ifPresent(
            reward ->
                proofs.scoresAreEachOnesOwn(reward, rewardModel.precision().scoreTolerance()));
  }

  /** Without the completions to which no reward applies, of which nothing can be learnt. */
  private Rollout judged(int step, Rollout rollout) {
    Rollout judged =
        rollout
            .judged()
            .orElseThrow(
                () ->
                    new UserException(
                        ("step %d: no reward applies to any completion; give a --reward that"
                                + " applies to the rows, or rows with answers")
                            .formatted(step)));
    unscored = rollout.size() - judged.size();
    return judged;
  }

  /**
   * What became of the last rollout before it was complete.
   *
   * @return unscored, where programs judge: completions left out since no reward applies to them;
   *     resampled_groups, where groups may be: prompts sampled beyond the step's own
   */
  public Metrics metrics() {
    Metrics metrics = new Metrics();
    if (settings.replay() == null && !settings.reward().isEmpty()) {
      metrics.put("unscored", unscored);
    }
    if (resampled != null) {
      metrics.put("resampled_groups", resampled.sampled());
    }
    return metrics;
  }

  /**
   * A completion of each of a few prompts, held-out ones where there are, by the policy as it
   * stands, drawn with the same random numbers each time.
   *
   * @return completions with their raw scores; none where rollouts are replayed
   */
  public List<Sample> samples() {
    return sampleSource == null
        ? List.of()
        : sampleSource.rollout(1).groups().stream().map(PolicyRun::sample).toList();
  }

  private static Sample sample(RolloutGroup group) {
    Completion completion = group.completions().get(0);
    return new Sample(
        group.prompt(),
        completion.text(),
        completion.ended(),
        completion.score(),
        completion.rewards());
  }

  /**
   * The scores, normalized where that is wanted, after the penalty for completions that were cut.
   *
   * @param rollout a scored batch
   * @return one per completion, in flat order
   */
  public double[] penalizedScores(Rollout rollout) {
    return rollout.completions().stream().mapToDouble(this::penalizedScore).toArray();
  }

  private double penalizedScore(Completion completion) {
    return normalization.of(completion.score())
        - (completion.ended() ? 0 : settings.missingEosPenalty());
  }

  @Override
  public void close() {
    reference.close();
    if (firstReference != null) {
      firstReference.close();
    }
    if (rewardModel != null) {
      rewardModel.close();
    }
  }
}
