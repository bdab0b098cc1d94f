package org.rlhf4j.dpo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import org.rlhf4j.reward.Pairs;

/**
 * What a step minimizes, of log-probabilities of C completions: the mean over rows of the mean over
 * a row's pairs of the {@link DpoLoss}. What a loss compares is
 *
 * <pre>  h = (log π(y) − log π_ref(y)) / n</pre>
 *
 * with n = |y| where the loss is per token, else 1, and log π_ref = 0 where there is no reference.
 */
final class DpoObjective {

  private final DpoSettings settings;

  DpoObjective(DpoSettings settings) {
    this.settings = settings;
  }

  /**
   * The sum over rows of the mean over a row's pairs.
   *
   * @param logprobs log π(y) [C]
   * @param refLogprobs log π_ref(y) [C]
   * @param lengths |y| [C]
   * @param pairs the pairs among them
   * @return a scalar
   */
  NDArray sumOverRows(NDArray logprobs, float[] refLogprobs, float[] lengths, Pairs pairs) {
    NDManager scope = logprobs.getManager();
    NDArray ratios = logprobs.sub(scope.create(refLogprobs));
    NDArray compared = settings.loss().isPerToken() ? ratios.div(scope.create(lengths)) : ratios;
    NDArray better = compared.gather(scope.create(pairs.better()), 0);
    NDArray worse = compared.gather(scope.create(pairs.worse()), 0);
    return settings.loss().of(better, worse, settings).mul(scope.create(pairs.weights())).sum();
  }
}
