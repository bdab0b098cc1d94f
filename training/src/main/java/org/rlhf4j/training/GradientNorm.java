package org.rlhf4j.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.Map;
import org.rlhf4j.model.Parameters;
import org.rlhf4j.model.TorchProgram;

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

  private static final class Program {
    static final TorchProgram INSTANCE =
        TorchProgram.compile(
            "GradientNorm", TorchProgram.source(GradientNorm.class, "gradient_norm.py"), Map.of());
  }

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
    try (NDManager scope = parameters.manager().newSubManager()) {
      NDList gradients = parameters.gradients(scope);
      double norm = max == 0 ? norm(gradients) : clip(gradients, scope.create((float) max));
      if (!Double.isFinite(norm)) {
        throw new NonFiniteException("gradient norm", norm);
      }
      return norm;
    }
  }

  private static double norm(NDList gradients) {
    return Program.INSTANCE.run("norm", gradients).singletonOrThrow().getFloat();
  }

  private static double clip(NDList gradients, NDArray max) {
    return Program.INSTANCE
        .run("clip", new NDList(gradients).addAll(new NDList(max)))
        .singletonOrThrow()
        .getFloat();
  }
}
