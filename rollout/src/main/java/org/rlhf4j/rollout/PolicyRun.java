package org.rlhf4j.rollout;

import java.util.List;
import java.util.stream.IntStream;
import org.rlhf4j.data.BatchOrder;
import org.rlhf4j.data.RowTokenizer;
import org.rlhf4j.data.SpreadRows;
import org.rlhf4j.data.Tokenized;
import org.rlhf4j.data.TokenizedPrompt;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.SamplingSettings;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.reward.Manifest;
import org.rlhf4j.training.LoopSettings;
import org.rlhf4j.training.Sample;

/**
 * What ppo and grpo have in common: the policy, its frozen reference, and the rollouts of each
 * step, complete with the log-probabilities of both.
 */
public final class PolicyRun implements AutoCloseable {
  /** Prompts whose completions are shown as samples. */
  private static final int SAMPLE_PROMPTS = 4;

  private final RolloutSettings settings;
  private final LanguageModel policy;
  private final LanguageModel reference;
  private final ScalarModel rewardModel;
  private final RolloutSource source;
  private final RolloutSource sampleSource;
  private final int tokenBudget;
  private final int steps;
  private final String report;

  /**
   * Loads what the run needs beside the policy.
   *
   * @param policy to improve; stays the caller's to close
   * @param settings where rollouts come from, resolved
   * @param loop how long the run is, its micro-batch tokens resolved
   * @param seed the run's
   * @param samples completions per prompt
   */
  public PolicyRun(
      LanguageModel policy, RolloutSettings settings, LoopSettings loop, long seed, int samples) {
    this.settings = settings;
    this.tokenBudget = loop.microBatchTokens();
    this.policy = policy;
    this.reference =
        settings.referenceModel() == null
            ? policy.copy()
            : LanguageModel.load(settings.referenceModel(), policy);
    if (settings.replay() != null) {
      this.rewardModel = null;
      this.sampleSource = null;
      this.source =
          new ReplayedRollouts(
              RolloutFile.read(
                  settings.replay(), policy.tokenizer(), policy.config().dimensions()));
      this.steps = steps(loop, source.available());
      this.report = "prompts: " + source.available() + " recorded steps";
    } else {
      this.rewardModel = Manifest.loadVerified(settings.rewardModel(), policy);
      Tokenized<TokenizedPrompt> prompts = prompts();
      prompts.report().limit(settings.maxDropped());
      BatchOrder order =
          new BatchOrder(prompts.rows().size(), settings.promptsPerStep(), seed, loop.shuffle());
      SamplingSettings sampling =
          SamplingSettings.of(settings.maxNewTokens(), settings.temperature());
      Reward reward = new RewardModelReward(rewardModel, policy.tokenizer(), tokenBudget);
      this.source =
          new SampledRollouts(policy, prompts.rows(), order, samples, sampling, seed, reward);
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

  private Tokenized<TokenizedPrompt> prompts() {
    return new RowTokenizer(policy.tokenizer(), settings.maxLength())
        .readPrompts(settings.files(), settings.onBadRow(), settings.maxNewTokens());
  }

  /** The policy. */
  public LanguageModel policy() {
    return policy;
  }

  /** The reward model; null when rollouts are replayed. */
  public ScalarModel rewardModel() {
    return rewardModel;
  }

  /** How many steps the run makes. */
  public int steps() {
    return steps;
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
    Rollout rollout = source.rollout(step);
    // 2. Log-probabilities of policy and reference, where there are none yet.
    rollout = RolloutScoring.withLogprobs(policy, rollout, temperature, tokenBudget);
    rollout = RolloutScoring.withRefLogprobs(reference, rollout, temperature, tokenBudget);
    // 3. The proofs, on the first sampled rollout.
    if (step == 1 && settings.replay() == null && !settings.skipProofs()) {
      Proofs.ratioIsOne(policy, rollout, temperature, tokenBudget);
      if (settings.referenceModel() == null) {
        Proofs.klIsZero(rollout);
      }
    }
    return rollout;
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
    return new Sample(group.prompt(), completion.text(), completion.ended(), completion.score());
  }

  /**
   * The scores after the penalty for completions that were cut.
   *
   * @param rollout a scored batch
   * @return one per completion, in flat order
   */
  public double[] penalizedScores(Rollout rollout) {
    List<Completion> completions = rollout.completions();
    return IntStream.range(0, completions.size())
        .mapToDouble(
            i ->
                completions.get(i).score()
                    - (completions.get(i).ended() ? 0 : settings.missingEosPenalty()))
        .toArray();
  }

  @Override
  public void close() {
    reference.close();
    if (rewardModel != null) {
      rewardModel.close();
    }
  }
}
