package org.rlhf4j.training.optimizer;

import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.model.weights.WeightUpdate;

/**
 * The L2 norm of all gradients of a network taken as one vector, and clipping to it: where the norm
 * exceeds {@code max}, every gradient is multiplied by
 *
 * <pre>  max / (norm + 1e-6)</pre>
 *
 * as {@code torch.nn.utils.clip_grad_norm_} does (Pascanu et al. 2013).
 */
public final class GradientNorm {

  private GradientNorm() {}

  /**
   * Measures the norm and clips the gradients in place.
   *
   * @param parameters trainable weights with their gradients
   * @param max the largest norm, 0 to leave the gradients as they are
   * @return the norm before clipping
   * @throws NonFiniteException when the norm is NaN or infinite
   */
  public static double clip(Parameters parameters, double max) {
    if (!(max >= 0)) {
      throw new IllegalArgumentException("the largest norm can't be " + max);
    }
    double norm = max == 0 ? WeightUpdate.norm(parameters) : WeightUpdate.clip(parameters, max);
    return NonFiniteException.check("gradient norm", norm);
  }
}
