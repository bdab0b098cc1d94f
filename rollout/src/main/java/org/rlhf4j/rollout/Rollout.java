package org.rlhf4j.rollout;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * One batch of sampled completions, group after group. Completions are counted flat over all
 * groups: completion i of the batch is row i of every array that a trainer keeps.
 *
 * @param groups at least one
 */
public record Rollout(List<RolloutGroup> groups) {

  /** Keeps an unmodifiable copy. */
  public Rollout {
    groups = List.copyOf(groups);
    if (groups.isEmpty()) {
      throw new IllegalArgumentException("a rollout has at least one group");
    }
  }

  /** All completions in flat order. */
  public List<Completion> completions() {
    return groups.stream().flatMap(group -> group.completions().stream()).toList();
  }

  /** The number of completions. */
  public int size() {
    return groups.stream().mapToInt(group -> group.completions().size()).sum();
  }

  /** For each completion the index of its group in {@link #groups()}. */
  public int[] groupOf() {
    int[] of = new int[size()];
    int i = 0;
    for (int g = 0; g < groups.size(); g++) {
      int next = i + groups.get(g).completions().size();
      Arrays.fill(of, i, next, g);
      i = next;
    }
    return of;
  }

  /** The groups of the step itself, without those that earlier ones sampled. */
  public Rollout fresh() {
    return new Rollout(groups.stream().filter(group -> !group.isReplayed()).toList());
  }

  /** Which completions earlier steps sampled, in flat order. */
  public boolean[] replayed() {
    int[] of = groupOf();
    boolean[] replayed = new boolean[of.length];
    for (int i = 0; i < of.length; i++) {
      replayed[i] = groups.get(of[i]).isReplayed();
    }
    return replayed;
  }

  /** The raw scores in flat order. */
  public double[] scores() {
    return completions().stream().mapToDouble(Completion::score).toArray();
  }

  /** The number of completion tokens. */
  public int tokens() {
    return completions().stream().mapToInt(Completion::length).sum();
  }

  /** This batch with raw scores, one per completion in flat order. */
  public Rollout withScores(double[] scores) {
    return map((completion, i) -> completion.withScore(scores[i]));
  }

  /** This batch with the parts of the scores, one map per completion in flat order. */
  public Rollout withRewards(List<Map<String, Double>> rewards) {
    return map((completion, i) -> completion.withRewards(rewards.get(i)));
  }

  /** This batch with what of the scores is paid at single tokens, null where nothing is. */
  public Rollout withTokenRewards(double[][] tokenRewards) {
    return map((completion, i) -> completion.withTokenRewards(tokenRewards[i]));
  }

  /** Whether some of a score is paid at single tokens. */
  public boolean hasTokenRewards() {
    return completions().stream().anyMatch(one -> one.tokenRewards() != null);
  }

  /** The completions that have a score, and the groups that have such; empty where none has. */
  public Optional<Rollout> judged() {
    List<RolloutGroup> judged = new ArrayList<>();
    for (RolloutGroup group : groups) {
      List<Completion> completions =
          group.completions().stream().filter(one -> !Double.isNaN(one.score())).toList();
      if (!completions.isEmpty()) {
        judged.add(group.with(completions));
      }
    }
    return judged.isEmpty() ? Optional.empty() : Optional.of(new Rollout(judged));
  }

  /**
   * This batch as that of a behaviour policy μ: what its completions were sampled with becomes log
   * μ, and π_old is unknown. A source says so whose log-probabilities aren't those of the pass that
   * is trained: the log-probabilities of π_old are computed then, and tokens weighed by π_old / μ.
   */
  public Rollout ofBehaviour() {
    return map((completion, i) -> completion.ofBehaviour());
  }

  /** This batch with the log-probabilities of π_old. */
  public Rollout withLogprobs(float[][] logprobs) {
    return map((completion, i) -> completion.withLogprobs(logprobs[i]));
  }

  /** This batch with the reference's log-probabilities. */
  public Rollout withRefLogprobs(float[][] refLogprobs) {
    return map((completion, i) -> completion.withRefLogprobs(refLogprobs[i]));
  }

  /** This batch with the critic's values. */
  public Rollout withValues(float[][] values) {
    return map((completion, i) -> completion.withValues(values[i]));
  }

  private Rollout map(BiFunction<Completion, Integer, Completion> change) {
    List<RolloutGroup> changed = new ArrayList<>();
    int i = 0;
    for (RolloutGroup group : groups) {
      List<Completion> completions = new ArrayList<>();
      for (Completion completion : group.completions()) {
        completions.add(change.apply(completion, i++));
      }
      changed.add(group.with(completions));
    }
    return new Rollout(changed);
  }
}
