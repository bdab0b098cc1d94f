package org.rlhf4j.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import org.rlhf4j.model.torch.Profile;
import org.rlhf4j.model.torch.Torch;
import org.rlhf4j.model.weights.Parameters;

/**
 * One forward pass of a scalar model, kept for its backward pass. Only one pass may be open in the
 * process.
 */
public final class ScalarPass implements AutoCloseable {
  private final Network network;
  private final Parameters parameters;
  private final Tape tape;
  private final NDManager scope;
  private final GradientCollector collector;
  private final NDArray output;
  private final NDArray scalars;

  ScalarPass(
      Network network,
      Parameters parameters,
      Parameters trained,
      PackedTokens tokens,
      long[] rows,
      Tape tape) {
    this.network = network;
    this.parameters = parameters;
    this.tape = tape;
    this.scope = parameters.manager().newSubManager();
    this.collector = scope.getEngine().newGradientCollector();
    try (Profile.Span span = Profile.span(Profile.Work.FORWARD)) {
      this.output = network.scalars(parameters, trained, tokens, rows, scope, tape);
      this.scalars = parameters.placement().download(output);
      Torch.requiresGradient(scalars, true);
    } catch (RuntimeException | Error e) {
      close(); // or no pass could be opened any more
      throw e;
    }
  }

  /** Scores, one per completion, or values, one per predicted token: a leaf on the host. */
  public NDArray scalars() {
    return scalars;
  }

  /** The manager for arrays that live as long as this pass. */
  public NDManager scope() {
    return scope;
  }

  /**
   * Adds the loss's gradient to that of the weights.
   *
   * @param loss a scalar computed from {@link #scalars()}
   */
  public void backward(NDArray loss) {
    try (Profile.Span span = Profile.span(Profile.Work.BACKWARD)) {
      collector.backward(loss);
      NDArray gradient = parameters.placement().upload(scalars.getGradient());
      network.backward(parameters, output, gradient, tape);
    }
  }

  @Override
  public void close() {
    collector.close();
    scope.close();
  }
}
