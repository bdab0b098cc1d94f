package org.rlhf4j.rollout.stage;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.reward.Normalization;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.RewardModelSettings;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;
import org.rlhf4j.rollout.RolloutSettings;
import org.rlhf4j.rollout.compare.HeldOutPrompts;
import org.rlhf4j.rollout.compare.ModelComparison;
import org.rlhf4j.rollout.reward.Reward;
import org.rlhf4j.rollout.reward.RewardModelReward;
import org.rlhf4j.rollout.reward.RewardModels;
import org.rlhf4j.rollout.reward.RewardPrograms;
import org.rlhf4j.rollout.server.ServedPolicy;
import org.rlhf4j.rollout.source.ResampledRollouts;
import org.rlhf4j.rollout.source.RowRollouts;
import org.rlhf4j.rollout.source.SampledRollouts;
import org.rlhf4j.rollout.source.Sampler;
import org.rlhf4j.rollout.source.ServedSampler;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.RunPlan;
import org.rlhf4j.training.StopFlag;
import org.rlhf4j.training.run.Metrics;
import org.rlhf4j.training.run.Sample;
import org.rlhf4j.training.slice.Probe;

/** Steps that the policy samples as it stands and a reward judges. */
final class SampledSteps implements StepSource {
  private final PolicyModels models;
  private final PolicySettings settings;
  private final RunPrompts prompts;
  private final RewardPrograms programs;
  private final RewardModels judges;
  private final SampledRollouts sampled;
  private final Optional<ResampledRollouts> resampled;
  private final SampledRollouts few;
  private final Optional<HeldOutPrompts> heldOut;
  private final Optional<ServedPolicy> served;
  private int begun;
  private boolean elsewhere;

  /**
   * Reads the prompts.
   *
   * @param models of the run
   * @param settings the run's
   * @param penalized what completions of a group are told apart by
   * @param programs that judge completions; stay the caller's to close
   * @throws UserException where too few are left, or the reward model can't read one
   */
  SampledSteps(
      PolicyModels models,
      PolicySettings settings,
      PenalizedScores penalized,
      RewardPrograms programs) {
    LanguageModel policy = models.policy();
    int tokenBudget = settings.tokenBudget();
    this.models = models;
    this.settings = settings;
    this.programs = programs;
    this.judges = judges(models, settings);
    this.prompts = RunPrompts.read(settings.rollouts(), policy, settings.seed());
    prompts.requireReadBy(judges);
    Reward reward = programs.with(judges, policy.tokenizer());
    this.few = prompts.few(policy, models.reference(), reward);
    this.heldOut = prompts.heldOut(models.firstReference(), reward, tokenBudget);
    this.served = prompts.served(policy);
    this.sampled =
        prompts.rollouts(
            policy,
            served
                .<Sampler>map(ServedSampler::new)
                .orElseGet(() -> prompts.here(() -> models.sampler().model())),
            models.reference(),
            settings.loop().shuffle(),
            settings.samples(),
            reward);
    this.resampled =
        settings.resample() == 0
            ? Optional.empty()
            : Optional.of(new ResampledRollouts(sampled, settings.resample(), penalized::of));
  }

  private static RewardModels judges(PolicyModels models, PolicySettings settings) {
    RolloutSettings rollouts = settings.rollouts();
    RewardModelSettings named = rollouts.rewardModels();
    List<RewardModelReward> judges =
        models.rewardModels().stream()
            .map(
                model ->
                    new RewardModelReward(
                        model, models.policy().tokenizer(), settings.tokenBudget()))
            .toList();
    return rollouts.normalizeReward() && named.areSeveral()
        ? new RewardModels(
            named, judges, named.rewardModel().stream().map(Normalization::of).toList())
        : new RewardModels(named, judges);
  }

  @Override
  public long stepsPerEpoch() {
    return sampled.stepsPerEpoch();
  }

  @Override
  public String report() {
    List<String> lines = new ArrayList<>(prompts.lines());
    served.ifPresent(servers -> lines.add(servers.report()));
    return String.join(System.lineSeparator(), lines);
  }

  @Override
  public void close() {
    served.ifPresent(ServedPolicy::close);
  }

  @Override
  public StepRollout rollout(int step, StopFlag stop) {
    models.sampler().follow();
    double publishing = publish(step);
    ResampledRollouts.Made made =
        resampled
            .map(source -> source.rollout(step, stop))
            .orElseGet(() -> new ResampledRollouts.Made(sampled.rollout(step, stop), 0));
    publishing += beginNext(step);
    Rollout all = made.rollout();
    Rollout judged =
        all.judged()
            .orElseThrow(
                () ->
                    new UserException(
                        String.format(
                            Locale.ROOT,
                            "step %d: no reward applies to any completion; use a --reward that"
                                + " applies to these rows, or rows with answers",
                            step)));
    Metrics metrics = new Metrics();
    if (!settings.rollouts().reward().isEmpty()) {
      metrics.put("unscored", all.size() - judged.size());
    }
    if (resampled.isPresent()) {
      metrics.put("resampled_groups", made.resampled());
    }
    if (served.isPresent()) {
      metrics.putAll(served.get().metrics()).put("publishing_seconds", publishing);
    }
    return new StepRollout(elsewhere ? judged : ofSampler(judged), metrics);
  }

  private Rollout ofSampler(Rollout sampled) {
    return samplerIsBehaviour() ? sampled.ofBehaviour() : sampled;
  }

  /**
   * Completions of some prompts, computed here.
   *
   * @param step from 1
   * @param rows indices of prompts
   * @return scored, as {@link #rollout} has them
   */
  Rollout ofRows(int step, int[] rows) {
    return ofSampler(sampled.rollout(step, rows));
  }

  /** From now on steps' completions are computed elsewhere, with all their log-probabilities. */
  void computeBy(RowRollouts other) {
    sampled.computeBy(other);
    elsewhere = true;
  }

  /** What a process computes that has the run's models and rows. */
  Probe probe() {
    return RunProbe.of(models, sampled.prompts(), judges.models());
  }

  private boolean samplerIsBehaviour() {
    return settings.samplerIsBehaviour()
        || served.isPresent()
        || models.sampler().isCopy()
        || policy().precision() == Precision.BF16;
  }

  /** Servers have the policy as the step begins, unless they began with the step before that. */
  private double publish(int step) {
    return served.isPresent() && step != begun ? seconds(() -> publishUpdates(step - 1)) : 0;
  }

  /** With a lag the servers sample the next step while this one is learnt. */
  private double beginNext(int step) {
    boolean lags = settings.rollouts().servers().rolloutLag() > 0;
    if (!lags || step >= settings.loop().stepsOver(stepsPerEpoch())) {
      return 0;
    }
    double publishing = seconds(() -> publishUpdates(step - 1));
    sampled.begin(step + 1);
    begun = step + 1;
    return publishing;
  }

  private void publishUpdates(int updates) {
    served.orElseThrow().publish(updates);
  }

  private static double seconds(Runnable work) {
    long start = System.nanoTime();
    work.run();
    return (System.nanoTime() - start) / 1e9;
  }

  @Override
  public void prove(int step, Rollout rollout) {
    RolloutSettings rollouts = settings.rollouts();
    if (step == 1 && !rollouts.skipProofs()) {
      prove(Proofs.of(policy(), rollout, rollouts.temperature(), settings.tokenBudget()));
    }
  }

  private void prove(Proofs proofs) {
    if (served.isEmpty()) { // else a server sampled, whose own proof is made with each adapter
      proofs.ratioIsOne(models.sampler().model().precision());
    }
    if (settings.rollouts().referenceModel() == null) {
      proofs.klIsZero();
    }
    proofs.batchSplitIsNoMatter();
    proofs.paddingIsNoMatter(
        policy().tokenizer().eosId(), policy().config().dimensions().positions());
    judges.models().forEach(one -> proofs.scoresAreEachOnesOwn(one, one.tolerance()));
  }

  private LanguageModel policy() {
    return models.policy();
  }

  @Override
  public List<Sample> samples() {
    return few.rollout(1).groups().stream().map(SampledSteps::sample).toList();
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

  @Override
  public Optional<ModelComparison> heldOutComparison() {
    return heldOut.map(compared -> compared.compare(policy()));
  }

  @Override
  public List<RunPlan.Part> memory() {
    List<RunPlan.Part> memory = new ArrayList<>();
    if (served.isEmpty()) {
      memory.addAll(sampled.memory(settings.rollouts().maxLength()));
    }
    memory.addAll(programs.memory());
    return memory;
  }

  @Override
  public String work(int steps, long updates) {
    int promptsPerStep = settings.rollouts().promptsPerStep();
    long completions = (long) steps * promptsPerStep * settings.samples();
    String servers = served.map(one -> "; " + one.plan()).orElse("");
    return String.format(
        Locale.ROOT,
        "%,d steps of %,d prompts, completions of each: %,d; %,d completions of at most %,d tokens;"
            + " %,d updates%s",
        steps,
        promptsPerStep,
        settings.samples(),
        completions,
        settings.rollouts().maxNewTokens(),
        updates,
        servers);
  }

  @Override
  public double seconds(int steps, double passes) {
    SampledRollouts.Trial trial = sampled.trial();
    return steps * (trial.sampling() + trial.forward() * passes);
  }
}
