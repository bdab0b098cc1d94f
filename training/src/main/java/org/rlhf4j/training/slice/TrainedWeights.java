package org.rlhf4j.training.slice;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.model.weights.WeightUpdate;

/**
 * All that a run trains: of one network, or of several one behind the other.
 *
 * @param all weights in the order in which they are sent
 */
public record TrainedWeights(List<Parameters> all) {

  /** Weights in the order in which they are sent. */
  public static TrainedWeights of(Parameters... all) {
    return new TrainedWeights(List.of(all));
  }

  /** How many weights there are. */
  public long count() {
    return all.stream().mapToLong(Parameters::count).sum();
  }

  /** The weights as they stand. */
  public float[] values() {
    return joined(Parameters::values);
  }

  /** Overwrites them by numbers in the order of {@link #values}. */
  public void setValues(float[] values) {
    int next = 0;
    for (Parameters one : all) {
      int size = Math.toIntExact(one.count());
      one.setValues(Arrays.copyOfRange(values, next, next + size));
      next += size;
    }
  }

  /** Makes all collect gradients, from zero on. */
  void zeroGradients() {
    for (Parameters one : all) {
      one.trainable(true);
      one.zeroGradients();
    }
  }

  /** The gradients in the order of {@link #values}. */
  float[] gradients() {
    return joined(Parameters::gradientValues);
  }

  /** Overwrites all gradients. */
  void setGradients(float[] values) {
    int next = 0;
    for (Parameters one : all) {
      int size = Math.toIntExact(one.count());
      WeightUpdate.setGradients(one, Arrays.copyOfRange(values, next, next + size));
      next += size;
    }
  }

  private float[] joined(Function<Parameters, float[]> of) {
    float[] joined = new float[Math.toIntExact(count())];
    int next = 0;
    for (Parameters one : all) {
      float[] part = of.apply(one);
      System.arraycopy(part, 0, joined, next, part.length);
      next += part.length;
    }
    return joined;
  }
}
