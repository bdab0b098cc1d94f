package org.rlhf4j.dpo;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Activation;
import org.rlhf4j.model.torch.Scalars;

/**
 * The losses of pairs of which one completion is the better, each a function of numbers alone. x is
 * by how much the better completion is ahead, in units of the reward.
 */
public final class PreferenceLoss {

  /** Where one form of log(1 − eˣ) is exact and the other one isn't: both are at −log 2. */
  private static final float HALF = (float) -Math.log(2);

  /** A mean log-probability is taken to be at most this: at 0 the odds are infinite. */
  private static final float CERTAIN = -1e-7f;

  private PreferenceLoss() {}

  /**
   * −log σ(x) (Rafailov et al. 2023, equation 7).
   *
   * @param x [P]
   * @return one loss per pair [P]
   */
  public static NDArray sigmoid(NDArray x) {
    return Activation.softPlus(x.neg());
  }

  /**
   * −(1 − ε) log σ(x) − ε log σ(−x), where a label is wrong with probability ε (Mitchell 2023,
   * conservative DPO). It is least at a finite x, where σ(x) = 1 − ε.
   *
   * @param x [P]
   * @param smoothing ε, at least 0 and below 1/2
   * @return one loss per pair [P]
   */
  public static NDArray conservative(NDArray x, double smoothing) {
    return Scalars.times(sigmoid(x), (float) (1 - smoothing))
        .add(Scalars.times(sigmoid(x.neg()), (float) smoothing));
  }

  /**
   * (−(1 − ε) log σ(x) + ε log σ(−x)) / (1 − 2ε): its mean over labels of which a share ε is turned
   * round is −log σ(x) of the right ones (Chowdhury et al. 2024, equation 12).
   *
   * @param x [P]
   * @param smoothing ε, at least 0 and below 1/2
   * @return one loss per pair [P]
   */
  public static NDArray robust(NDArray x, double smoothing) {
    NDArray right = Scalars.times(sigmoid(x), (float) (1 - smoothing));
    NDArray wrong = Scalars.times(sigmoid(x.neg()), (float) smoothing);
    return Scalars.over(right.sub(wrong), (float) (1 - 2 * smoothing));
  }

  /**
   * max(0, 1 − x) (Zhao et al. 2023).
   *
   * @param x [P]
   * @return one loss per pair [P]
   */
  public static NDArray hinge(NDArray x) {
    return Activation.relu(x.neg().add(1));
  }

  /**
   * (h − 1/(2β))² (Azar et al. 2024, equation 17, β being their τ).
   *
   * @param h the difference of the log-ratios, without β [P]
   * @param beta above 0
   * @return one loss per pair [P]
   */
  public static NDArray ipo(NDArray h, double beta) {
    return h.sub((float) (1 / (2 * beta))).square();
  }

  /**
   * −log σ(log odds(p_w) − log odds(p_l)), odds(p) = p / (1 − p) (Hong et al. 2024, equation 7).
   *
   * @param better log p_w, below 0 [P]
   * @param worse log p_l, below 0 [P]
   * @return one loss per pair [P]
   */
  public static NDArray oddsRatio(NDArray better, NDArray worse) {
    return sigmoid(logOdds(better).sub(logOdds(worse)));
  }

  /**
   * log p − log(1 − p). Below log ½, 1 − p is exact. Above it p is near 1 and the difference isn't:
   * there 1 − eˣ = 2 sinh(−x/2) e^(x/2).
   */
  private static NDArray logOdds(NDArray logprobs) {
    NDArray x = Scalars.atMost(logprobs, CERTAIN);
    NDArray low = Scalars.atMost(x, HALF).exp().neg().add(1).log();
    NDArray high = Scalars.over(Scalars.atLeast(x, HALF), 2);
    return x.sub(low).sub(Scalars.times(high.neg().sinh(), 2).log().add(high)).add(HALF);
  }
}
