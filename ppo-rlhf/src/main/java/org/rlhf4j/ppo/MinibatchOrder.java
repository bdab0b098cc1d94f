package org.rlhf4j.ppo;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.IntPredicate;
import org.rlhf4j.data.batch.Shuffle;

/** Which completions of a rollout make which update. */
@FunctionalInterface
public interface MinibatchOrder {
  /**
   * The minibatches of one pass over a rollout; together they hold each completion once.
   *
   * @param step from 1
   * @param epoch from 0
   * @return for each the completions that it holds, by flat index
   */
  List<IntPredicate> minibatches(int step, int epoch);

  /**
   * Minibatches of nearly equal size in an order drawn anew for each step and epoch.
   *
   * @param completions of the rollout
   * @param minibatches how many; at most one per completion
   * @param seed the run's
   */
  static MinibatchOrder shuffled(int completions, int minibatches, long seed) {
    return (step, epoch) -> {
      int[] order = Shuffle.permutation(completions, seed, (long) step << 16 | epoch);
      int count = Math.min(minibatches, completions);
      List<IntPredicate> parts = new ArrayList<>();
      for (int part = 0; part < count; part++) {
        BitSet members = new BitSet();
        for (int i = completions * part / count; i < completions * (part + 1) / count; i++) {
          members.set(order[i]);
        }
        parts.add(members::get);
      }
      return parts;
    };
  }
}
