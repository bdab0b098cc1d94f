package org.rlhf4j.rollout.stage;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;
import org.rlhf4j.rollout.source.RowRollouts;
import org.rlhf4j.training.slice.Part;
import org.rlhf4j.training.slice.Slice;
import org.rlhf4j.training.slice.Slices;

/**
 * Completions that other processes sample and score, some prompts in each slice.
 *
 * @param slices where they are computed
 * @param trained the weights that are trained, as they stand
 * @param most slices of a step
 */
record SlicedRollouts(Slices<? extends PolicyWorker<?>> slices, Supplier<float[]> trained, int most)
    implements RowRollouts {

  /**
   * Some prompts of a step.
   *
   * @param step from 1
   * @param rows indices of prompts
   */
  private record RowSlice(int step, int[] rows)
      implements Slice<PolicyWorker<?>, ArrayList<ArrayList<Completion>>> {

    @Override
    public ArrayList<ArrayList<Completion>> compute(PolicyWorker<?> worker) {
      Rollout rollout = worker.rollout(step, rows);
      ArrayList<ArrayList<Completion>> completions = new ArrayList<>();
      for (RolloutGroup group : rollout.groups()) {
        completions.add(new ArrayList<>(group.completions()));
      }
      return completions;
    }
  }

  @Override
  public List<List<Completion>> completions(int step, int[] rows) {
    List<RowSlice> all =
        Part.of(rows.length, most).stream()
            .map(part -> new RowSlice(step, Arrays.copyOfRange(rows, part.from(), part.to())))
            .toList();
    slices.publish(trained.get());
    List<List<Completion>> completions = new ArrayList<>();
    slices.compute(all).forEach(completions::addAll);
    return completions;
  }
}
