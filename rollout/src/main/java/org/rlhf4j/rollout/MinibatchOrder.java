package org.rlhf4j.rollout;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.IntPredicate;
import org.rlhf4j.data.batch.Shuffle;

/** Which parts of a rollout make which update: in ppo completions, in grpo whole groups. */
@FunctionalInterface
public interface MinibatchOrder {
  /**
   * The minibatches of one pass over a rollout; together they hold each part once.
   *
   * @param step from 1
   * @param epoch from 0
   * @return for each the parts that it holds, by their index
   */
  List<IntPredicate> minibatches(int step, int epoch);

  /**
   * Minibatches of nearly equal size in an order drawn anew for each step and epoch.
   *
   * @param parts of the rollout
   * @param minibatches how many; at most one per part
   * @param seed the run's
   */
  static MinibatchOrder shuffled(int parts, int minibatches, long seed) {
    return (step, epoch) -> {
      int[] order = Shuffle.permutation(parts, seed, (long) step << 16 | epoch);
      int count = Math.min(minibatches, parts);
      List<IntPredicate> made = new ArrayList<>();
      for (int m = 0; m < count; m++) {
        BitSet members = new BitSet();
        for (int i = parts * m / count; i < parts * (m + 1) / count; i++) {
          members.set(order[i]);
        }
        made.add(members::get);
      }
      return made;
    };
  }
}
