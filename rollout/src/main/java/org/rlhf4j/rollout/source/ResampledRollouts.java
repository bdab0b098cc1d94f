package org.rlhf4j.rollout.source;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;
import org.rlhf4j.training.StopFlag;
import org.rlhf4j.training.StoppedException;

/**
 * Rollouts in which a group whose rewards are all equal, so that nothing can be learnt from it,
 * gives its place to that of another prompt (Yu et al. 2025, dynamic sampling), within a budget.
 */
public final class ResampledRollouts {
  private final SampledRollouts source;
  private final int most;
  private final ToDoubleFunction<Completion> reward;

  /**
   * A source.
   *
   * @param source samples
   * @param most prompts that a step may sample beyond its own
   * @param reward by which completions of a group are told apart: the penalized score
   */
  public ResampledRollouts(SampledRollouts source, int most, ToDoubleFunction<Completion> reward) {
    this.source = source;
    this.most = most;
    this.reward = reward;
  }

  /**
   * What was made for a step.
   *
   * @param rollout of its prompts, or of those that took their places
   * @param resampled prompts sampled beyond its own
   */
  public record Made(Rollout rollout, int resampled) {}

  /**
   * The rollout of a step: a function of the step, the policy's weights and the seed.
   *
   * @param step from 1
   * @param stop looked at after each completion
   * @return the batch, and how many prompts were sampled beyond the step's own
   * @throws StoppedException by {@code stop}
   */
  public Made rollout(int step, StopFlag stop) {
    List<RolloutGroup> groups = new ArrayList<>(source.rollout(step, stop).groups());
    int[] others = source.otherRows(step);
    int budget = Math.min(most, others.length);
    int sampled = 0;
    for (List<Integer> equal = equal(groups);
        !equal.isEmpty() && sampled < budget;
        equal = equal(groups)) {
      int next = Math.min(budget, sampled + equal.size());
      Rollout more = source.rollout(step, Arrays.copyOfRange(others, sampled, next), stop);
      sampled = next;
      replace(groups, equal, more.groups());
    }
    return new Made(new Rollout(groups), sampled);
  }

  private void replace(List<RolloutGroup> groups, List<Integer> equal, List<RolloutGroup> more) {
    int replaced = 0;
    for (RolloutGroup group : more) {
      if (!isEqual(group)) {
        int place = equal.get(replaced++);
        groups.set(place, group.numbered(groups.get(place).group()));
      }
    }
  }

  private List<Integer> equal(List<RolloutGroup> groups) {
    return IntStream.range(0, groups.size()).filter(g -> isEqual(groups.get(g))).boxed().toList();
  }

  /** Rewards that are NaN don't count: a group that has no others is equal too. */
  private boolean isEqual(RolloutGroup group) {
    return group.completions().stream()
            .mapToDouble(reward)
            .filter(value -> !Double.isNaN(value))
            .distinct()
            .count()
        < 2;
  }
}
