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
 * <pre>  L = Σ_t w_t · L_clip(ρ, A) + v_t · (β · KL_t − c_H · H_t)</pre>
 *
 * with the {@link ClippedSurrogate} L_clip, and differs from the others in the weights w, in the
 * ratio ρ, or in having a cap instead of a clip. v is w except in {@link #SEQUENCE}. There are N
 * completions, n of them in a group, those that are masked included; |y| is a completion's length.
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
  },
  /**
   * A completion is one action: ρ = π(y) / π_old(y), the product over its tokens, and each
   * completion counts 1 / (groups · n), whatever its length. So the gradient of the first update is
   * that of RLOO and REINFORCE, −mean of A ∇ log π(y) (Ahmadian et al. 2024, equations 2 and 6). w
   * = 1 / (groups · n · |y|), since each of the |y| tokens has the whole completion's loss; v = 1 /
   * (groups · n), since the KL of a completion is the sum over its tokens.
   */
  SEQUENCE {
    @Override
    double weight(Counts counts, int group, int length) {
      return GRPO.weight(counts, group, length);
    }

    @Override
    double tokenWeight(Counts counts, int group, int length) {
      return GRPO.weight(counts, group, 1);
    }

    @Override
    NDArray logRatios(NDArray tokenLogRatios, PackedTokens tokens) {
      NDArray members = members(tokens, tokenLogRatios.getManager());
      NDArray sums = members.matMul(tokenLogRatios.expandDims(1));
      return members.transpose().matMul(sums).squeeze(1);
    }
  },
  /**
   * −min(ρ, c) A log π with min(ρ, c) a constant: no token's gradient is clipped away (MiniMax
   * 2025, equations 4 and 5, without a lower bound, as there). w as in dapo; c is {@code
   * --max-ratio}.
   */
  CISPO {
    @Override
    double weight(Counts counts, int group, int length) {
      return DAPO.weight(counts, group, length);
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

  /** w: the weight of the clipped surrogate at each token of a completion. */
  abstract double weight(Counts counts, int group, int length);

  /** v: the weight of what each token has of its own, its KL and its entropy. */
  double tokenWeight(Counts counts, int group, int length) {
    return weight(counts, group, length);
  }

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
    return this == GSPO || this == SEQUENCE;
  }

  /** Whether ratios are clipped; if not they are capped. */
  public boolean clips() {
    return this != CISPO;
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
