package org.rlhf4j.rollout.source;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.rlhf4j.data.batch.Shuffle;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.rollout.ReplayBufferSettings;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;
import org.rlhf4j.rollout.file.RolloutFile;
import org.rlhf4j.training.RunPlan;
import org.rlhf4j.training.run.StepLines;

/**
 * The rollouts of the last steps, some of whose groups are learnt from again beside those of a step
 * (experience replay, Lin 1992). A group keeps its scores and the log-probabilities that it was
 * recorded with; those of the reference, and values, are computed anew.
 */
public final class ReplayBuffer {
  private static final String FILE = "replay-buffer.jsonl";

  /** Id, log-probability by π_old and by another sampler, and some four characters of text. */
  private static final int BYTES_OF_TOKEN = 16;

  private final int steps;
  private final double share;
  private final long seed;
  private final TreeMap<Integer, Rollout> kept = new TreeMap<>();

  /**
   * An empty buffer.
   *
   * @param settings ask for one
   * @param seed the run's
   */
  public ReplayBuffer(ReplayBufferSettings settings, long seed) {
    this.steps = settings.replayBuffer();
    this.share = settings.replayShare();
    this.seed = seed;
  }

  /**
   * A step's rollout with groups of the steps before behind it: as many as make up the share, at
   * least one, or all that there are. They are drawn without replacement, by seed and step alone.
   *
   * @param step from 1
   * @param fresh its own groups
   */
  public Rollout joined(int step, Rollout fresh) {
    List<RolloutGroup> groups = new ArrayList<>(fresh.groups());
    long next = groups.stream().mapToLong(RolloutGroup::group).max().orElseThrow() + 1;
    for (RolloutGroup drawn : drawn(step, wanted(fresh.groups().size()))) {
      groups.add(drawn.numbered(next++));
    }
    return new Rollout(groups);
  }

  /** Groups of the buffer beside so many fresh ones. */
  private int wanted(int fresh) {
    return (int) Math.max(1, Math.round(fresh * replayedToFresh()));
  }

  /** Replayed completions for each fresh one, where the buffer has enough. */
  public double replayedToFresh() {
    return share / (1 - share);
  }

  private List<RolloutGroup> drawn(int step, int wanted) {
    List<RolloutGroup> all = new ArrayList<>();
    for (Map.Entry<Integer, Rollout> of : kept.entrySet()) {
      of.getValue().groups().forEach(group -> all.add(group.sampledAt(of.getKey())));
    }
    // No other permutation of a run has a number below all steps.
    int[] order = Shuffle.permutation(all.size(), seed, Long.MIN_VALUE + step);
    return Arrays.stream(order).limit(wanted).mapToObj(all::get).toList();
  }

  /**
   * Keeps a step's rollout in place of the oldest, if as many are kept as there may be.
   *
   * @param step from 1
   * @param fresh its own groups, with log-probabilities
   */
  public void add(int step, Rollout fresh) {
    float[][] none = new float[fresh.size()][];
    kept.put(step, fresh.withRefLogprobs(none).withValues(none));
    while (kept.size() > steps) {
      kept.remove(kept.firstKey());
    }
  }

  /**
   * What it takes when it is full, where no completion ends early.
   *
   * @param completions of a step
   * @param maxNewTokens the most tokens of a completion
   */
  public RunPlan.Part memory(long completions, int maxNewTokens) {
    return new RunPlan.Part(
        String.format(Locale.ROOT, "replay buffer of %,d completions", steps * completions),
        steps * completions * maxNewTokens * BYTES_OF_TOKEN);
  }

  /**
   * Writes it into a checkpoint.
   *
   * @param folder the checkpoint's
   * @throws IOException when it can't be written
   */
  public void save(Path folder) throws IOException {
    try (StepLines lines = new StepLines(folder.resolve(FILE))) {
      for (Map.Entry<Integer, Rollout> of : kept.entrySet()) {
        for (var line : RolloutFile.lines(of.getKey(), of.getValue())) {
          lines.append(line);
        }
      }
      lines.sync();
    }
  }

  /**
   * Takes over what a checkpoint has.
   *
   * @param folder the checkpoint's
   * @param policy whose tokens they are
   */
  public void load(Path folder, LanguageModel policy) {
    kept.clear();
    kept.putAll(
        RolloutFile.read(folder.resolve(FILE), policy.tokenizer(), policy.config().dimensions()));
  }
}
