package org.rlhf4j.grpo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.rollout.ratio.ClippedSurrogate;

/**
 * The losses of the GRPO family. Each is a weighted sum over completion tokens,
 *
 * <pre>  L = Σ_t w_t · (L_clip(ρ, A) + β · KL_t)</pre>
 *
 * with the {@link ClippedSurrogate} L_clip, and differs from the others in the weights w or in the
 * ratio ρ. There are N completions, n of them in a group, those that are masked included; |y| is a
 * completion's length.
 */
public enum GrpoLoss {
  /** w = 1 / (groups · n · |y|): the mean of means (Shao et al. 2024, equation 3). */
  GRPO {
    @Override
    double weight(Counts counts, int group, int length) {
      return 1.0 / ((double) counts.groups() * counts.groupSizes()[group] * length);
    }
  },
  /** w = 1 / all tokens of the optimizer step (Yu et al. 2025, equation 8). */
  DAPO {
    @Override
    double weight(Counts counts, int group, int length) {
      return 1.0 / counts.tokens();
    }
  },
  /** w = 1 / (N · max-new-tokens): no completion's length changes another's (Liu et al. 2025). */
  DR_GRPO {
    @Override
    double weight(Counts counts, int group, int length) {
      return 1.0 / ((double) counts.completions() * counts.maxNewTokens());
    }
  },
  /** ρ = exp(mean over the completion of log π − log π_old), w as in grpo (Zheng et al. 2025). */
  GSPO {
    @Override
    double weight(Counts counts, int group, int length) {
      return GRPO.weight(counts, group, length);
    }

    @Override
    NDArray logRatios(NDArray tokenLogRatios, PackedTokens tokens) {
      NDManager scope = tokenLogRatios.getManager();
      NDArray members = members(tokens, scope);
      NDArray sums = members.matMul(tokenLogRatios.expandDims(1));
      NDArray means = sums.div(lengths(tokens, scope));
      return members.transpose().matMul(means).squeeze(1);
    }
  };

  /**
   * What the weights divide by: counts of the whole optimizer step, never of a micro-batch.
   *
   * @param groups the number of groups
   * @param groupSizes completions of each group
   * @param completions all of them
   * @param tokens completion tokens that take part
   * @param maxNewTokens the most tokens of a completion
   */
  public record Counts(
      int groups, int[] groupSizes, int completions, int tokens, int maxNewTokens) {}

  /** The weight of each token of a completion in the sum. */
  abstract double weight(Counts counts, int group, int length);

  /**
   * The logarithm of the ratio that is clipped, per token.
   *
   * @param tokenLogRatios log π − log π_old [M]
   * @param tokens whose completions they are
   */
  NDArray logRatios(NDArray tokenLogRatios, PackedTokens tokens) {
    return tokenLogRatios;
  }

  /** Whether each completion has one ratio, so that it is clipped as a whole. */
  public boolean isSequenceLevel() {
    return this == GSPO;
  }

  /** [completions, M]: 1 where a token is the completion's, else 0. */
  private static NDArray members(PackedTokens tokens, NDManager scope) {
    float[] members = new float[tokens.completions() * tokens.predicted()];
    for (int i = 0; i < tokens.completions(); i++) {
      int row = i * tokens.predicted();
      Arrays.fill(members, row + tokens.start(i), row + tokens.start(i + 1), 1);
    }
    return scope.create(members, new Shape(tokens.completions(), tokens.predicted()));
  }

  /** [completions, 1]. */
  private static NDArray lengths(PackedTokens tokens, NDManager scope) {
    float[] lengths = new float[tokens.completions()];
    for (int i = 0; i < lengths.length; i++) {
      lengths[i] = tokens.length(i);
    }
    return scope.create(lengths, new Shape(lengths.length, 1));
  }
}
