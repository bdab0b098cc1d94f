package org.rlhf4j.reward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Activation;
import org.rlhf4j.model.torch.Scalars;

/**
 * The loss of a reward model on pairs of which one completion is the better (Bradley and Terry
 * 1952; InstructGPT, Ouyang et al. 2022, eq. 1). With scores r_w of the better and r_l of the worse
 * completion, margin m and centring coefficient c (Eisenstein et al. 2023):
 *
 * <pre>
 *   L = −log σ(r_w − r_l − m) + c (r_w + r_l)²
 * </pre>
 *
 * A ranking of K completions has the mean over its C(K,2) pairs, a batch the mean over its rows: a
 * row counts once, however many completions it has.
 */
public final class BradleyTerryLoss {

  private BradleyTerryLoss() {}

  /**
   * The loss of pairs.
   *
   * @param better scores of the better completions [P]
   * @param worse scores of the worse completions [P]
   * @param margins by how much the first should exceed the second [P]
   * @param centering c, 0 for none
   * @return one loss per pair [P]
   */
  public static NDArray of(NDArray better, NDArray worse, NDArray margins, double centering) {
    // −log σ(x) = log(1 + e^{−x}), which softplus computes without overflow.
    NDArray loss = Activation.softPlus(better.sub(worse).sub(margins).neg());
    return centering == 0
        ? loss
        : loss.add(Scalars.times(better.add(worse).square(), (float) centering));
  }

  /**
   * The sum over rows of the mean over a row's pairs. Divided by the number of rows in the
   * optimizer step it is a micro-batch's share of the step's loss.
   *
   * @param scores of all completions, row by row, each row best first [C]
   * @param pairs the pairs of those rows
   * @param centering c, 0 for none
   * @return a scalar
   */
  public static NDArray sumOverRows(NDArray scores, Pairs pairs, double centering) {
    NDManager scope = scores.getManager();
    NDArray better = scores.gather(scope.create(pairs.better()), 0);
    NDArray worse = scores.gather(scope.create(pairs.worse()), 0);
    return of(better, worse, scope.create(pairs.margins()), centering)
        .mul(scope.create(pairs.weights()))
        .sum();
  }
}
