package org.rlhf4j.ppo;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.rlhf4j.rollout.BehaviourWeights;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;
import org.rlhf4j.rollout.RolloutMicroBatch;
import org.rlhf4j.training.run.Metrics;

/**
 * Some completions of a minibatch with what the losses take of each, as another process gets them.
 * Arrays have one row per completion, one number per token.
 *
 * @param prompts ids
 * @param completions ids
 * @param oldLogprobs log π_old
 * @param refLogprobs log π_ref
 * @param oldValues the critic's at sampling
 * @param advantages times the weights of tokens that another policy sampled
 * @param behaviour those weights
 * @param returns G
 * @param sampledAt of each completion's group
 * @param tokens of the whole minibatch
 */
record SentExperience(
    int[][] prompts,
    int[][] completions,
    float[][] oldLogprobs,
    float[][] refLogprobs,
    float[][] oldValues,
    float[][] advantages,
    float[][] behaviour,
    float[][] returns,
    int[] sampledAt,
    int tokens)
    implements Serializable {

  /**
   * Completions of a minibatch.
   *
   * @param chosen their flat indices in the batch
   */
  static SentExperience of(Minibatch minibatch, int[] chosen) {
    Experience all = minibatch.experience();
    List<Completion> completions = all.rollout().completions();
    int[] groupOf = all.rollout().groupOf();
    List<RolloutGroup> groups = all.rollout().groups();
    return new SentExperience(
        rows(chosen, i -> groups.get(groupOf[i]).promptIds(), int[][]::new),
        rows(chosen, i -> completions.get(i).ids(), int[][]::new),
        rows(chosen, i -> all.oldLogprobs()[i], float[][]::new),
        rows(chosen, i -> all.refLogprobs()[i], float[][]::new),
        rows(chosen, i -> all.oldValues()[i], float[][]::new),
        rows(chosen, i -> all.policyAdvantages()[i], float[][]::new),
        rows(chosen, i -> all.behaviour().tokens()[i], float[][]::new),
        rows(chosen, i -> all.returns()[i], float[][]::new),
        Arrays.stream(chosen).map(i -> groups.get(groupOf[i]).sampledAt()).toArray(),
        minibatch.tokens());
  }

  private static <T> T[] rows(int[] chosen, Function<Integer, T> row, IntFunction<T[]> array) {
    return Arrays.stream(chosen).boxed().map(row).toArray(array);
  }

  /**
   * The completions as a minibatch of their own, whose losses are divided by the tokens of all.
   *
   * @param tokenBudget tokens of a micro-batch
   */
  Minibatch minibatch(int tokenBudget) {
    List<RolloutGroup> groups = new ArrayList<>();
    for (int i = 0; i < prompts.length; i++) {
      Completion ids = new Completion(completions[i], false, "", Double.NaN, null, null, null);
      groups.add(new RolloutGroup(i, null, prompts[i], null, List.of(ids)).sampledAt(sampledAt[i]));
    }
    Rollout rollout = new Rollout(groups);
    Experience experience =
        new Experience(
            rollout,
            oldLogprobs,
            refLogprobs,
            oldValues,
            advantages,
            new BehaviourWeights(behaviour, new Metrics()),
            advantages,
            returns,
            Double.NaN,
            Double.NaN);
    return new Minibatch(
        experience, RolloutMicroBatch.of(rollout, i -> true, tokenBudget), tokens, 0);
  }
}
