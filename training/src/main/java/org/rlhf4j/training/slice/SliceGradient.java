package org.rlhf4j.training.slice;

import java.io.Serializable;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.rlhf4j.training.optimizer.NonFiniteException;

/**
 * What a slice of an update comes to.
 *
 * @param gradient of its share of the loss, in the order of the weights
 * @param measured on the way
 * @param <M> its type
 */
public record SliceGradient<M extends Serializable>(float[] gradient, M measured)
    implements Serializable {

  /**
   * Does a slice's passes, from gradients of zero on.
   *
   * @param trained collect the gradients
   * @param passes add to them
   */
  public static <M extends Serializable> SliceGradient<M> of(
      TrainedWeights trained, Supplier<M> passes) {
    trained.zeroGradients();
    M measured = passes.get();
    return new SliceGradient<>(trained.gradients(), measured);
  }

  /**
   * Makes the gradients of an update the sum of its slices', in an order that follows from the
   * number of slices alone.
   *
   * @param slices at least one
   * @param trained take the sum
   * @param text of what a slice was computed from, to be named where its gradient isn't finite
   * @return what each slice measured
   * @throws NonFiniteException where a gradient isn't finite
   */
  public static <M extends Serializable> List<M> sum(
      List<SliceGradient<M>> slices, TrainedWeights trained, IntFunction<String> text) {
    for (int i = 0; i < slices.size(); i++) {
      if (!slices.get(i).isFinite()) {
        throw NonFiniteException.at("gradient", text.apply(i));
      }
    }
    trained.setGradients(TreeSum.of(slices.stream().map(SliceGradient::gradient).toList()));
    return slices.stream().map(SliceGradient::measured).toList();
  }

  private boolean isFinite() {
    double sum = 0;
    for (float one : gradient) {
      sum += one;
    }
    return Double.isFinite(sum);
  }
}
