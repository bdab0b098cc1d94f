package org.rlhf4j.model.weights;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.Map;
import org.rlhf4j.model.torch.Profile;
import org.rlhf4j.model.torch.TorchScript;

/** The arithmetic of optimizers, over all weights of a network in one call. */
public final class WeightUpdate {
  private WeightUpdate() {}

  /** Compiled at first use, for the whole process. */
  private static final class Script {
    static final TorchScript INSTANCE =
        TorchScript.compile(
            "WeightUpdate", TorchScript.source(WeightUpdate.class, "weight_update.py"), Map.of());
  }

  /**
   * The constants of AdamW.
   *
   * @param beta1 how much of the mean of gradients stays
   * @param beta2 how much of the mean of squared gradients stays
   * @param epsilon added to the denominator
   * @param weightDecay λ
   */
  public record AdamWConstants(double beta1, double beta2, double epsilon, double weightDecay) {}

  /**
   * The L2 norm of all gradients as one vector.
   *
   * @param parameters trainable weights
   * @return the norm
   */
  public static double norm(Parameters parameters) {
    try (Profile.Span span = Profile.span(Profile.Work.OPTIMIZER);
        NDManager scope = parameters.manager().newSubManager()) {
      return Script.INSTANCE.run("norm", parameters.gradients(scope)).get(0).getFloat();
    }
  }

  /**
   * Multiplies all gradients by min(1, limit / (norm + 1e-6)).
   *
   * @param parameters trainable weights
   * @param limit above 0
   * @return the norm before
   */
  public static double clip(Parameters parameters, double limit) {
    try (Profile.Span span = Profile.span(Profile.Work.OPTIMIZER);
        NDManager scope = parameters.manager().newSubManager()) {
      NDList in = new NDList(parameters.gradients(scope));
      in.add(scope.create((float) limit));
      return Script.INSTANCE.run("clip", in).get(0).getFloat();
    }
  }

  /**
   * One update of AdamW, in place; the gradients stay as they are.
   *
   * @param parameters trainable weights
   * @param means running means of gradients, each named {@code m[]}
   * @param squares running means of squared gradients, each named {@code v[]}
   * @param count the number of this update, from 1
   * @param rate the learning rate
   * @param constants β₁, β₂, ε, λ
   */
  public static void adamW(
      Parameters parameters,
      NDList means,
      NDList squares,
      int count,
      double rate,
      AdamWConstants constants) {
    try (Profile.Span span = Profile.span(Profile.Work.OPTIMIZER);
        NDManager scope = parameters.manager().newSubManager()) {
      NDList in = new NDList(parameters.gradients(scope));
      in.addAll(parameters.list());
      in.addAll(means);
      in.addAll(squares);
      in.add(scope.create((float) count));
      in.add(
          scope.create(
              new double[] {
                rate,
                constants.beta1(),
                constants.beta2(),
                constants.epsilon(),
                constants.weightDecay()
              }));
      Script.INSTANCE.run("adamw", in);
      parameters.updateCopies();
    }
  }
}
