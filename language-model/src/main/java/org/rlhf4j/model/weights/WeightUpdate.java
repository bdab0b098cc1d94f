package org.rlhf4j.model.weights;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.rlhf4j.model.torch.Placement;
import org.rlhf4j.model.torch.Profile;
import org.rlhf4j.model.torch.TorchScript;

/** The arithmetic of optimizers, over all weights of a network in one call. */
public final class WeightUpdate {
  private WeightUpdate() {}

  /** For each placement its script, compiled at first use for the whole process. */
  private static final Map<Placement, TorchScript> SCRIPTS = new ConcurrentHashMap<>();

  private static TorchScript script(Parameters parameters) {
    return SCRIPTS.computeIfAbsent(
        parameters.placement(),
        placement ->
            TorchScript.compile(
                "WeightUpdate",
                placement.source(WeightUpdate.class, "weight_update.py"),
                Map.of()));
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
      return number(parameters, script(parameters).run("norm", parameters.gradients(scope)));
    }
  }

  /** For each parameter 1 where all of its weights are finite, else 0; looked at where they are. */
  static long[] finite(Parameters parameters) {
    NDList results = script(parameters).run("finite", parameters.list());
    return parameters.placement().longs(results.get(0));
  }

  private static float number(Parameters parameters, NDList results) {
    return parameters.placement().floats(results.get(0))[0];
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
      return number(parameters, script(parameters).run("clip", in));
    }
  }

  /**
   * Overwrites all gradients.
   *
   * @param parameters trainable weights
   * @param values in the order of {@link Parameters#gradientValues}
   */
  public static void setGradients(Parameters parameters, float[] values) {
    if (values.length != parameters.count()) {
      throw new IllegalArgumentException(
          values.length + " gradients for " + parameters.count() + " weights");
    }
    try (NDManager scope = parameters.manager().newSubManager()) {
      int next = 0;
      for (NDArray gradient : parameters.gradients(scope)) {
        int start = next;
        int size = Math.toIntExact(gradient.size());
        parameters
            .placement()
            .change(gradient, memory -> memory.asFloatBuffer().put(values, start, size));
        next += size;
      }
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
      script(parameters).run("adamw", in);
      parameters.updateCopies();
    }
  }
}
