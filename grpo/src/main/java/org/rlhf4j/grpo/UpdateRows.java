package org.rlhf4j.grpo;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;
import org.rlhf4j.training.slice.Part;

/**
 * The completions that bring loss in an update, with what the loss takes of each. Completions are
 * counted flat over all groups; the weights are those of the whole update, so that parts of it add
 * up to it.
 *
 * @param prompts ids of each group's prompt
 * @param completions ids of each group's completions
 * @param oldLogprobs log π_old, one row per completion
 * @param refLogprobs log π_ref, likewise
 * @param advantages times the weight of a token that another policy than π_old sampled, likewise
 * @param behaviour that weight, else 1, likewise
 * @param weights w of a completion's tokens
 * @param tokenWeights v of a completion's tokens
 * @param replayed whether an earlier step sampled a completion
 */
record UpdateRows(
    int[][] prompts,
    int[][][] completions,
    float[][] oldLogprobs,
    float[][] refLogprobs,
    float[][] advantages,
    float[][] behaviour,
    double[] weights,
    double[] tokenWeights,
    boolean[] replayed)
    implements Serializable {

  /**
   * Those of an update that take part.
   *
   * @param update a step's or a minibatch's
   * @param loss gives the weights
   */
  static UpdateRows of(GroupExperience update, GrpoLoss loss) {
    List<int[]> prompts = new ArrayList<>();
    List<int[][]> completions = new ArrayList<>();
    List<Integer> taken = new ArrayList<>();
    int i = 0;
    for (RolloutGroup group : update.rollout().groups()) {
      List<int[]> ids = new ArrayList<>();
      for (Completion completion : group.completions()) {
        if (update.takesPart()[i]) {
          ids.add(completion.ids());
          taken.add(i);
        }
        i++;
      }
      if (!ids.isEmpty()) {
        prompts.add(group.promptIds());
        completions.add(ids.toArray(int[][]::new));
      }
    }
    double[] weights = update.weights(loss);
    double[] tokenWeights = update.tokenWeights(loss);
    boolean[] replayed = update.rollout().replayed();
    boolean[] replayedTaken = new boolean[taken.size()];
    IntStream.range(0, taken.size()).forEach(k -> replayedTaken[k] = replayed[taken.get(k)]);
    return new UpdateRows(
        prompts.toArray(int[][]::new),
        completions.toArray(int[][][]::new),
        rows(update.oldLogprobs(), taken),
        rows(update.refLogprobs(), taken),
        rows(update.policyAdvantages(), taken),
        rows(update.behaviour().tokens(), taken),
        taken.stream().mapToDouble(k -> weights[k]).toArray(),
        taken.stream().mapToDouble(k -> tokenWeights[k]).toArray(),
        replayedTaken);
  }

  private static float[][] rows(float[][] all, List<Integer> taken) {
    return taken.stream().map(k -> all[k]).toArray(float[][]::new);
  }

  /** How many groups there are. */
  int groups() {
    return prompts.length;
  }

  /** Consecutive groups of these. */
  UpdateRows of(Part part) {
    int from = completionsOf(0, part.from());
    int to = from + completionsOf(part.from(), part.to());
    return new UpdateRows(
        Arrays.copyOfRange(prompts, part.from(), part.to()),
        Arrays.copyOfRange(completions, part.from(), part.to()),
        Arrays.copyOfRange(oldLogprobs, from, to),
        Arrays.copyOfRange(refLogprobs, from, to),
        Arrays.copyOfRange(advantages, from, to),
        Arrays.copyOfRange(behaviour, from, to),
        Arrays.copyOfRange(weights, from, to),
        Arrays.copyOfRange(tokenWeights, from, to),
        Arrays.copyOfRange(replayed, from, to));
  }

  private int completionsOf(int from, int to) {
    return IntStream.range(from, to).map(g -> completions[g].length).sum();
  }

  /** The ids alone, to be cut into micro-batches; empty where nothing takes part. */
  Optional<Rollout> rollout() {
    List<RolloutGroup> groups = new ArrayList<>();
    for (int g = 0; g < prompts.length; g++) {
      List<Completion> ofGroup =
          Arrays.stream(completions[g])
              .map(ids -> new Completion(ids, false, "", Double.NaN, null, null, null))
              .toList();
      groups.add(new RolloutGroup(g, null, prompts[g], null, ofGroup));
    }
    return groups.isEmpty() ? Optional.empty() : Optional.of(new Rollout(groups));
  }
}
