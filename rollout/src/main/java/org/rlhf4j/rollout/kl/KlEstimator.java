package org.rlhf4j.rollout.kl;

import ai.djl.ndarray.NDArray;
import org.rlhf4j.model.torch.Scalars;
import org.rlhf4j.rollout.ratio.TruncatedRatio;

/**
 * Estimators of KL(π ‖ π_ref) at a sampled token, from d = log π − log π_ref (Schulman 2020,
 * "Approximating KL divergence"). All are 0 where the two agree; k1 is unbiased and of either sign,
 * k3 unbiased and never negative; k2 is biased and never negative, and its gradient, averaged over
 * the policy's samples, is that of the KL. That of k3 is the gradient of KL(π_ref ‖ π) then, and
 * that of k1 is 0. ρ k1 and ρ k3, with ρ = π / π_old differentiated too, have the gradient of KL(π
 * ‖ π_ref) over samples of π_old.
 */
public enum KlEstimator {
  /** d. */
  K1 {
    @Override
    public double of(double d) {
      return d;
    }

    @Override
    public NDArray of(NDArray d) {
      return d;
    }
  },
  /** ½ d². */
  K2 {
    @Override
    public double of(double d) {
      return 0.5 * d * d;
    }

    @Override
    public NDArray of(NDArray d) {
      return Scalars.times(d.square(), 0.5);
    }
  },
  /** e^−d − 1 + d; where −d is above 40 with e⁴⁰ and its slope, which is a finite number. */
  K3 {
    @Override
    public double of(double d) {
      return Math.expm1(TruncatedRatio.boundedLog(-d)) + d;
    }

    @Override
    public NDArray of(NDArray d) {
      return TruncatedRatio.of(d.neg(), null).sub(1).add(d);
    }
  };

  /**
   * The estimate.
   *
   * @param d log π(token) − log π_ref(token)
   * @return nats
   */
  public abstract double of(double d);

  /**
   * The estimates, differentiable.
   *
   * @param d log π(token) − log π_ref(token), any shape
   * @return nats, of the same shape
   */
  public abstract NDArray of(NDArray d);

  /**
   * The estimates of a completion's tokens.
   *
   * @param logprobs log π per token
   * @param refLogprobs log π_ref per token
   * @return nats per token
   */
  public double[] of(float[] logprobs, float[] refLogprobs) {
    double[] kl = new double[logprobs.length];
    for (int t = 0; t < kl.length; t++) {
      kl[t] = of((double) logprobs[t] - refLogprobs[t]);
    }
    return kl;
  }
}
