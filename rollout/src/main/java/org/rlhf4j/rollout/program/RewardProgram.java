package org.rlhf4j.rollout.program;

import java.util.Arrays;
import java.util.List;

/**
 * A reward that is a program. A user's own one is a public class with a public constructor without
 * parameters, named by {@code --reward class:JAR#CLASS} or {@link WeightedProgram#of(Class)}.
 *
 * <p>A score is any finite number, larger for a better completion, or {@link Double#NaN} where the
 * program doesn't apply to the completion. It should depend on nothing but what it is given, so
 * that a resumed run goes on to the same numbers. Programs are called by one thread at a time.
 */
@FunctionalInterface
public interface RewardProgram extends AutoCloseable {

  /**
   * Scores one completion.
   *
   * @param completed the completion, its prompt and the rest of the prompt's row
   * @return the score, or NaN where it doesn't apply
   */
  double score(CompletedPrompt completed);

  /**
   * Hears of a completion that is going to be in the next batch, while others are sampled still. To
   * be overridden by a program that computes outside this process and so can begin with it.
   *
   * @param completed the completion, its prompt and the rest of the prompt's row
   */
  default void foresee(CompletedPrompt completed) {}

  /**
   * Scores a batch: all completions of a step. To be overridden where that is faster than one
   * completion after the other.
   *
   * @param batch at least one completion
   * @return a score for each, in their order
   */
  default double[] scoreAll(List<CompletedPrompt> batch) {
    return batch.stream().mapToDouble(this::score).toArray();
  }

  /**
   * Judges a batch, where a program has more to say than a score of the whole: rewards of tokens or
   * of lines. To be overridden by such a program; others are asked by {@link #scoreAll}.
   *
   * @param batch at least one completion
   * @return a judgement for each, in their order
   */
  default List<Judgement> judgeAll(List<CompletedPrompt> batch) {
    double[] scores = scoreAll(batch);
    return scores == null ? null : Arrays.stream(scores).mapToObj(Judgement::of).toList();
  }

  /** Called once at the end of a run. */
  @Override
  default void close() {}
}
