package org.rlhf4j.rollout;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.rlhf4j.data.BatchOrder;
import org.rlhf4j.data.RowKind;
import org.rlhf4j.data.RowTokenizer;
import org.rlhf4j.data.SpreadRows;
import org.rlhf4j.data.Tokenized;
import org.rlhf4j.data.TokenizedPrompt;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.SamplingSettings;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.UserException;
import org.rlhf4j.reward.Manifest;
import org.rlhf4j.reward.Normalization;
import org.rlhf4j.training.LoopSettings;
import org.rlhf4j.training.Metrics;
import org.rlhf4j.training.RunPlan;
import org.rlhf4j.training.Sample;

/**
 * What ppo and grpo have in common: the policy, its frozen reference, and the rollouts of each
 * step, complete with the log-probabilities of both.
 */
public final class PolicyRun implements AutoCloseable {
  /** Prompts whose completions are shown as samples. */
  private static final int SAMPLE_PROMPTS = 4;

  /**
   * Forward passes over each completion: sampling, the policy's log-probabilities, the reference's.
   */
  private static final int SCORED_FORWARD = 3;

  private final RolloutSettings settings;
  private final Normalization normalization;
  private final LanguageModel policy;
  private final LanguageModel reference;
  private final ScalarModel rewardModel;
  private final RolloutSource source;
  private final ResampledRollouts resampled;
  private final RolloutSource sampleSource;
  private final int tokenBudget;
  private final int samples;
  private final int steps;
  private final String report;
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
    if (settings.replay() != null) {
      this.rewardModel = null;
      this.resampled = null;
      this.sampleSource = null;
      this.source =
          new ReplayedRollouts(
              RolloutFile.read(
                  settings.replay(), policy.tokenizer(), policy.config().dimensions()));
      this.steps = steps(loop, source.available());
      this.report = "prompts: " + source.available() + " recorded steps";
    } else {
      this.rewardModel =
          settings.rewardModel() == null
              ? null
              : Manifest.loadVerified(settings.rewardModel(), policy);
      Tokenized<TokenizedPrompt> prompts = prompts();
      prompts.report().limit(settings.maxDropped());
      BatchOrder order =
          new BatchOrder(prompts.rows().size(), settings.promptsPerStep(), seed, loop.shuffle());
      SamplingSettings sampling =
          SamplingSettings.of(settings.maxNewTokens(), settings.temperature());
      Reward reward = programs.with(rewardModelReward(), policy.tokenizer());
      SampledRollouts sampled =
          new SampledRollouts(policy, prompts.rows(), order, samples, sampling, seed, reward);
      this.resampled =
          resample == 0 ? null : new ResampledRollouts(sampled, resample, this::penalizedScore);
      this.source = resample == 0 ? sampled : resampled;
      List<TokenizedPrompt> few = SpreadRows.of(prompts.rows(), SAMPLE_PROMPTS);
      BatchOrder all = new BatchOrder(few.size(), few.size(), seed, false);
      this.sampleSource = new SampledRollouts(policy, few, all, 1, sampling, seed, reward);
      this.steps = steps(loop, order.stepsPerEpoch());
      this.report = String.join(System.lineSeparator(), prompts.lines("prompts"));
    }
  }

  private static int steps(LoopSettings loop, long stepsPerEpoch) {
    return loop.steps() != null ? loop.steps() : (int) Math.ceil(loop.epochs() * stepsPerEpoch);
  }

  private Optional<Reward> rewardModelReward() {
    return rewardModel == null
        ? Optional.empty()
        : Optional.of(new RewardModelReward(rewardModel, policy.tokenizer(), tokenBudget));
  }

  private Tokenized<TokenizedPrompt> prompts() {
    boolean withFields = settings.reward().stream().anyMatch(program -> program.kind().isUsers());
    return new RowTokenizer(policy.tokenizer(), settings.maxLength())
        .readPrompts(
            settings.files(),
            withFields ? RowKind.PROMPTS_WITH_FIELDS : RowKind.PROMPTS,
            settings.onBadRow(),
            settings.maxNewTokens());
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
   * Makes sure that the policy can become the reference.
   *
   * @throws UserException where the two have different shapes
   */
  void checkReferenceIsOfThePolicysShape() {
    if (!reference.parameters().specs().equals(policy.parameters().specs())) {
      throw new UserException(
          settings.referenceModel()
              + ": has another shape than the policy, which can't become the reference then; leave"
              + " out --refresh-reference-every");
    }
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
    long weights = policy.parameters().count() + policy.frozenCount();
    List<RunPlan.Part> memory = new ArrayList<>();
    memory.add(RunPlan.Part.trained("policy", policy.parameters()));
    memory.addAll(RunPlan.Part.base(policy));
    memory.addAll(more);
    memory.add(RunPlan.Part.frozen("reference", reference.parameters()));
    if (rewardModel != null) {
      memory.add(RunPlan.Part.frozen("reward model", rewardModel.parameters()));
    }
    memory.addAll(RunPlan.Part.ofTokens(policy, tokenBudget));
    long updates = (long) steps * passes * minibatches;
    if (settings.replay() != null) {
      String work = "%,d recorded steps, %,d updates".formatted(steps, updates);
      return new RunPlan(work, memory, 0);
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
    double tokens = (double) completions * settings.maxNewTokens();
    int trained = 1 + more.size();
    int passesForward = SCORED_FORWARD + (rewardModel == null ? 0 : 1) + more.size();
    int update = RunPlan.FORWARD_AND_BACKWARD + RunPlan.recomputed(policy);
    double perToken = RunPlan.FORWARD * passesForward + update * (double) trained * passes;
    return new RunPlan(work, memory, perToken * tokens * weights);
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
      Proofs.ratioIsOne(policy, rollout, temperature, tokenBudget);
      if (settings.referenceModel() == null) {
        Proofs.klIsZero(policy.precision(), rollout);
      }
    }
    return rollout;
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
   * A completion of each of a few prompts, spread over the data, by the policy as it stands, drawn
   * with the same random numbers each time.
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
    if (rewardModel != null) {
      rewardModel.close();
    }
  }
}
