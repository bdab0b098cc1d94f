package org.rlhf4j.dpo;

import ai.djl.ndarray.NDArray;
import org.rlhf4j.model.torch.Scalars;

/**
 * The losses of {@code rlhf dpo}. With the log-probability of a completion under the policy, log
 * π(y), and under the reference, log π_ref(y), each compares one number of the better completion
 * with that of the worse one. |y| is the number of a completion's tokens.
 */
public enum DpoLoss {
  /** −log σ(β (h_w − h_l)), h = log π(y) − log π_ref(y), with label smoothing. */
  SIGMOID(true, false, 0.1) {
    @Override
    NDArray of(NDArray better, NDArray worse, DpoSettings settings) {
      NDArray x = Scalars.times(better.sub(worse), settings.beta().floatValue());
      return settings.smoothing().loss(x, settings.labelSmoothing());
    }
  },
  /** (h_w − h_l − 1/(2β))², h = (log π(y) − log π_ref(y)) / |y|. */
  IPO(true, true, 0.1) {
    @Override
    NDArray of(NDArray better, NDArray worse, DpoSettings settings) {
      return PreferenceLoss.ipo(better.sub(worse), settings.beta());
    }
  },
  /** max(0, 1 − β (h_w − h_l)), h = log π(y) − log π_ref(y). */
  HINGE(true, false, 0.1) {
    @Override
    NDArray of(NDArray better, NDArray worse, DpoSettings settings) {
      return PreferenceLoss.hinge(Scalars.times(better.sub(worse), settings.beta().floatValue()));
    }
  },
  /** −log σ(β (h_w − h_l) − γ), h = log π(y) / |y| (Meng et al. 2024), with label smoothing. */
  SIMPO(false, true, 2) {
    @Override
    NDArray of(NDArray better, NDArray worse, DpoSettings settings) {
      NDArray x =
          Scalars.times(better.sub(worse), settings.beta().floatValue())
              .sub(settings.targetMargin().floatValue());
      return settings.smoothing().loss(x, settings.labelSmoothing());
    }
  },
  /**
   * β times the odds ratio's loss of log p = log π(y) / |y|, beside the likelihood of the best
   * completion (Hong et al. 2024, equation 6, β being their λ).
   */
  ORPO(false, true, 0.1) {
    @Override
    NDArray of(NDArray better, NDArray worse, DpoSettings settings) {
      return Scalars.times(PreferenceLoss.oddsRatio(better, worse), settings.beta().floatValue());
    }
  };

  private final boolean hasReference;
  private final boolean isPerToken;
  private final double beta;

  DpoLoss(boolean hasReference, boolean isPerToken, double beta) {
    this.hasReference = hasReference;
    this.isPerToken = isPerToken;
    this.beta = beta;
  }

  /** Whether it compares with a reference. */
  public boolean hasReference() {
    return hasReference;
  }

  /** Whether what it compares is divided by a completion's tokens. */
  public boolean isPerToken() {
    return isPerToken;
  }

  /** Whether the likelihood of the best completion is a part of it. */
  public boolean hasLikelihood() {
    return this == ORPO;
  }

  /** Whether it is −log σ of something, which labels of which some are wrong can be put into. */
  boolean isSmoothed() {
    return this == SIGMOID || this == SIMPO;
  }

  /** β where no one says. */
  double defaultBeta() {
    return beta;
  }

  /**
   * The loss of pairs.
   *
   * @param better h of the better completions [P]
   * @param worse h of the worse completions [P]
   * @param settings β, γ and label smoothing
   * @return one loss per pair [P]
   */
  abstract NDArray of(NDArray better, NDArray worse, DpoSettings settings);
}
