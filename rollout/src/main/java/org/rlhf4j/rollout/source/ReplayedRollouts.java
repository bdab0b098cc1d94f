package org.rlhf4j.rollout.source;

import java.util.List;
import java.util.SortedMap;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.file.RolloutFile;

/** Rollouts that were recorded: the n-th step trains on those of the n-th recorded step. */
public final class ReplayedRollouts implements RolloutSource {
  private final List<Rollout> rollouts;

  /**
   * A source.
   *
   * @param rollouts by recorded step, see {@link RolloutFile#read}
   */
  public ReplayedRollouts(SortedMap<Integer, Rollout> rollouts) {
    this.rollouts = List.copyOf(rollouts.values());
  }

  @Override
  public long stepsPerEpoch() {
    return rollouts.size();
  }

  /** The rollout of a step; steps beyond the last begin again. */
  @Override
  public Rollout rollout(int step) {
    return rollouts.get((step - 1) % rollouts.size());
  }
}
