package org.rlhf4j.model.torch;

import ai.djl.ndarray.NDArray;

/**
 * Operations of an array with a number, whose gradients are right whenever they are computed.
 *
 * <p>DJL's own ({@code x.mul(2)}) put the number into an array of Java's memory, which libtorch
 * uses as it stands, and let go of it when they return. libtorch reads it again in the backward
 * pass. If Java's garbage collector comes between, another number may be there. Here the number
 * belongs to the manager of x and stays as long as that is open.
 */
public final class Scalars {
  private Scalars() {}

  /** x · number, of x's shape. */
  public static NDArray times(NDArray x, Number number) {
    return x.mul(held(x, number));
  }

  /** x / number, of x's shape. */
  public static NDArray over(NDArray x, Number number) {
    return x.div(held(x, number));
  }

  /** min(x, number), of x's shape. */
  public static NDArray atMost(NDArray x, Number number) {
    return x.minimum(held(x, number));
  }

  /** max(x, number), of x's shape. */
  public static NDArray atLeast(NDArray x, Number number) {
    return x.maximum(held(x, number));
  }

  private static NDArray held(NDArray x, Number number) {
    return x.getManager().create(number);
  }
}
