package org.rlhf4j.rollout.source;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.rlhf4j.data.batch.BatchOrder;
import org.rlhf4j.data.batch.Shuffle;
import org.rlhf4j.data.token.TokenizedPrompt;
import org.rlhf4j.model.Generator;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.random.SampleKey;
import org.rlhf4j.model.sampling.GenerationRequest;
import org.rlhf4j.model.sampling.Sampled;
import org.rlhf4j.model.sampling.SamplingListener;
import org.rlhf4j.model.sampling.SamplingSettings;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;
import org.rlhf4j.rollout.reward.Reward;
import org.rlhf4j.training.MemoryPlan;
import org.rlhf4j.training.Pace;
import org.rlhf4j.training.RunPlan;
import org.rlhf4j.training.StopFlag;
import org.rlhf4j.training.StoppedException;

/** Samples completions from the policy as it stands and scores them. */
public final class SampledRollouts implements RolloutSource {
  private static final int TRIED_TOKENS = 4;

  private final LanguageModel policy;
  private final Sampler sampler;
  private final Optional<LanguageModel> reference;
  private final List<TokenizedPrompt> prompts;
  private final BatchOrder order;
  private final int samples;
  private final SamplingSettings sampling;
  private final long seed;
  private final Reward reward;
  private RowRollouts elsewhere; // null: this process computes

  /**
   * A source.
   *
   * @param policy samples, and is trained between the steps
   * @param prompts all prompts
   * @param order which prompts a step takes
   * @param samples completions per prompt
   * @param sampling how to draw
   * @param seed the run's
   * @param reward scores the completions
   */
  public SampledRollouts(
      LanguageModel policy,
      List<TokenizedPrompt> prompts,
      BatchOrder order,
      int samples,
      SamplingSettings sampling,
      long seed,
      Reward reward) {
    this(
        policy,
        new PolicySampler(() -> policy, sampling),
        Optional.empty(),
        prompts,
        order,
        samples,
        sampling,
        seed,
        reward);
  }

  /**
   * A source whose completions something else samples.
   *
   * @param policy the policy
   * @param sampler draws the completions
   * @param reference what a reward may compare completions with
   * @param prompts all prompts
   * @param order which prompts a step takes
   * @param samples completions per prompt
   * @param sampling how they are drawn
   * @param seed the run's
   * @param reward scores the completions
   */
  public SampledRollouts(
      LanguageModel policy,
      Sampler sampler,
      Optional<LanguageModel> reference,
      List<TokenizedPrompt> prompts,
      BatchOrder order,
      int samples,
      SamplingSettings sampling,
      long seed,
      Reward reward) {
    this.policy = policy;
    this.sampler = sampler;
    this.reference = reference;
    this.prompts = prompts;
    this.order = order;
    this.samples = samples;
    this.sampling = sampling;
    this.seed = seed;
    this.reward = reward;
  }

  @Override
  public long stepsPerEpoch() {
    return order.stepsPerEpoch();
  }

  @Override
  public Rollout rollout(int step) {
    return rollout(step, new StopFlag());
  }

  /**
   * The rollout of a step as {@link #rollout(int)} gives it, unless it is asked to stop.
   *
   * @param step from 1
   * @param stop looked at after each completion that isn't sampled elsewhere
   * @return the batch, scored
   * @throws StoppedException by {@code stop}
   */
  public Rollout rollout(int step, StopFlag stop) {
    return rollout(step, order.rows(step), stop);
  }

  /**
   * A rollout of other prompts than the step's own.
   *
   * @param step from 1
   * @param rows indices of prompts, at least one
   * @return the batch, scored
   */
  public Rollout rollout(int step, int[] rows) {
    return rollout(step, rows, new StopFlag());
  }

  /** The same, unless it is asked to stop. */
  Rollout rollout(int step, int[] rows, StopFlag stop) {
    if (elsewhere != null) {
      List<List<Completion>> all = elsewhere.completions(step, rows);
      return new Rollout(
          IntStream.range(0, rows.length)
              .mapToObj(g -> RolloutGroup.of(g, prompts.get(rows[g]), all.get(g)))
              .toList());
    }
    return reward.scored(
        sample(step, rows, stop), () -> reference.map(model -> sampleOf(model, step, rows, stop)));
  }

  /** From now on completions are sampled and scored elsewhere. */
  public void computeBy(RowRollouts other) {
    elsewhere = other;
  }

  /** All prompts; rows are their indices. */
  public List<TokenizedPrompt> prompts() {
    return prompts;
  }

  /** The prompts that a step doesn't take, in an order of the step's own. */
  int[] otherRows(int step) {
    Set<Integer> own = Arrays.stream(order.rows(step)).boxed().collect(Collectors.toSet());
    return Arrays.stream(Shuffle.permutation(prompts.size(), seed, -step))
        .filter(row -> !own.contains(row))
        .toArray();
  }

  /**
   * Begins with a step's completions, where servers sample.
   *
   * @param step from 1
   */
  public void begin(int step) {
    if (sampler instanceof ServedSampler served) {
      served.begin(requests(step, order.rows(step)));
    }
  }

  /**
   * What a step takes on this machine.
   *
   * @param sampling seconds of sampling its completions, none of which ends early; 0 where it is
   *     done elsewhere
   * @param forward seconds of a forward pass of the policy over them
   */
  public record Trial(double sampling, double forward) {}

  /**
   * Runs the policy over a few rows and samples a few tokens after their prompts. What the other
   * rows add to a sampled token is the arithmetic of one more.
   *
   * @return what a step takes
   */
  public Trial trial() {
    int[] rows = order.rows(1);
    int length = sampling.maxNewTokens();
    List<TokenTree> all = Arrays.stream(rows).mapToObj(row -> tree(row, length)).toList();
    List<TokenTree> few = Pace.few(all, policy.parameters().count() + policy.frozenCount());
    PackedTokens tokens = PackedTokens.of(few);
    double perToken =
        Pace.seconds(() -> policy.logprobs(tokens, sampling.temperature())) / tokens.tokens();

    double forward = all.stream().mapToLong(TokenTree::length).sum() * perToken;
    if (!(sampler instanceof PolicySampler here)) {
      return new Trial(0, forward);
    }
    int[] tried = Arrays.copyOf(rows, few.size());
    double first = Pace.seconds(() -> generate(here, tried, 1));
    double more = Pace.seconds(() -> generate(here, tried, 1 + TRIED_TOKENS));
    double completions = (double) rows.length * samples;
    int longest = all.stream().mapToInt(tree -> tree.prompt().length).max().orElse(0) + length;
    double atOnce = Math.min(MemoryPlan.completionsAtOnce(policy, longest), completions);
    double token =
        Math.max(0, more - first) / TRIED_TOKENS
            + Math.max(0, atOnce - (double) tried.length * samples) * perToken;
    long promptTokens = all.stream().mapToLong(tree -> tree.prompt().length).sum();
    return new Trial(promptTokens * perToken + completions / atOnce * length * token, forward);
  }

  /** A prompt with completions of full length. */
  private TokenTree tree(int row, int length) {
    return new TokenTree(prompts.get(row).ids(), Collections.nCopies(samples, new int[length]));
  }

  /**
   * What sampling takes beside the policy, where no completion ends early.
   *
   * @param maxLength tokens of prompt and completion
   * @return parts of the memory
   */
  public List<RunPlan.Part> memory(int maxLength) {
    long completions = (long) order.rows(1).length * samples;
    int atOnce = MemoryPlan.completionsAtOnce(policy, maxLength);
    long rows = Math.min(atOnce, completions);
    RunPlan.Part cache =
        new RunPlan.Part(
            String.format(Locale.ROOT, "keys and values of %,d completions", rows),
            rows * MemoryPlan.keyValueBytes(policy, maxLength),
            RunPlan.When.SAMPLING);
    long waves = (completions + atOnce - 1) / atOnce;
    long weights = Generator.packedWeightBytes(policy, waves * sampling.maxNewTokens());
    return weights == 0
        ? List.of(cache)
        : List.of(cache, new RunPlan.Part("packed weights", weights, RunPlan.When.SAMPLING));
  }

  private void generate(PolicySampler here, int[] rows, int maxNewTokens) {
    SamplingSettings settings = SamplingSettings.of(maxNewTokens, sampling.temperature());
    new PolicySampler(here.policy(), settings).sample(requests(1, rows), SamplingListener.NONE);
  }

  private List<GenerationRequest> requests(int step, int[] rows) {
    List<GenerationRequest> requests = new ArrayList<>();
    for (int row : rows) {
      List<SampleKey> keys =
          IntStream.range(0, samples).mapToObj(i -> new SampleKey(seed, step, row, i)).toList();
      requests.add(new GenerationRequest(prompts.get(row).ids(), keys));
    }
    return requests;
  }

  private Rollout sample(int step, int[] rows, StopFlag stop) {
    return sample(sampler, reward::foresee, step, rows, stop);
  }

  /** What another model says to the same prompts with the same random numbers. */
  private Rollout sampleOf(LanguageModel model, int step, int[] rows, StopFlag stop) {
    return sample(new PolicySampler(() -> model, sampling), group -> {}, step, rows, stop);
  }

  private Rollout sample(
      Sampler by, Consumer<RolloutGroup> each, int step, int[] rows, StopFlag stop) {
    Completion[][] completions = new Completion[rows.length][samples];
    SamplingListener listener =
        new SamplingListener() {
          @Override
          public void finished(int g, int number, Sampled sampled) {
            completions[g][number] = completion(sampled);
            stop.throwIfAsked();
            each.accept(group(g, rows[g], completions[g][number]));
          }
        };
    by.sample(requests(step, rows), listener);
    return new Rollout(
        IntStream.range(0, rows.length).mapToObj(g -> group(g, rows[g], completions[g])).toList());
  }

  private RolloutGroup group(int number, int row, Completion... completions) {
    return RolloutGroup.of(number, prompts.get(row), List.of(completions));
  }

  private Completion completion(Sampled sampled) {
    String text = policy.tokenizer().decodeContinuation(sampled.ids());
    return new Completion(
        sampled.ids(), sampled.ended(), text, Double.NaN, sampled.logprobs(), null, null);
  }
}
