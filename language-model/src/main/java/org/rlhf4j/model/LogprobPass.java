package org.rlhf4j.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;

/**
 * One forward pass of a language model, kept for its backward pass: the log-probabilities and
 * entropies of completion tokens are leaves on which a loss is computed, and the loss's gradient
 * goes back into the weights. Logits exist only chunk by chunk, in both directions; the
 * probabilities of the first chunks are kept for the way back. Only one pass may be open in the
 * process.
 */
public final class LogprobPass implements AutoCloseable {
  /** Chunks of at most 24 MiB: what is kept doesn't grow with the tokens. */
  private static final int KEPT = 2;

  private final Network network;
  private final Parameters parameters;
  private final NDArray head;
  private final NDManager scope;
  private final GradientCollector collector;
  private final Tape tape;
  private final NDArray rows;
  private final NDArray targets;
  private final NDArray temperature;
  private final NDList kept;
  private final NDArray logprobs;
  private final NDArray entropies;
  private final boolean entropyGradient;

  LogprobPass(
      Network network,
      Parameters parameters,
      NDArray head,
      PackedTokens tokens,
      double temperature,
      boolean entropyGradient,
      Tape tape) {
    this.network = network;
    this.parameters = parameters;
    this.head = head;
    this.entropyGradient = entropyGradient;
    this.tape = tape;
    this.scope = parameters.manager().newSubManager();
    this.collector = scope.getEngine().newGradientCollector();
    try (Profile.Span span = Profile.span(Profile.Work.FORWARD)) {
      this.rows = network.predicting(parameters, tokens, scope, tape);
      this.targets = scope.create(tokens.targets());
      this.temperature = scope.create(temperature);
      NDList out = network.logprobs(parameters, rows, targets, this.temperature, KEPT);
      this.kept = out.subNDList(2);
      // Results of a run without graph can't be leaves: these are copies that can.
      this.logprobs = leaf(out.get(0), true);
      this.entropies = leaf(out.get(1), entropyGradient);
    }
  }

  private NDArray leaf(NDArray values, boolean gradient) {
    NDArray leaf = scope.create(values.toFloatArray());
    if (gradient) {
      Torch.requiresGradient(leaf, true);
    }
    return leaf;
  }

  /** Log-probabilities [M]: a leaf. */
  public NDArray logprobs() {
    return logprobs;
  }

  /** Entropies [M]: a leaf where their gradient was asked for, else constants. */
  public NDArray entropies() {
    return entropies;
  }

  /** The manager for arrays that live as long as this pass. */
  public NDManager scope() {
    return scope;
  }

  /**
   * Adds the loss's gradient to that of the weights.
   *
   * @param loss a scalar computed from {@link #logprobs()} and {@link #entropies()}
   */
  public void backward(NDArray loss) {
    try (Profile.Span span = Profile.span(Profile.Work.BACKWARD)) {
      collector.backward(loss);
      NDArray gradients = logprobs.getGradient();
      NDArray entropyGradients =
          entropyGradient ? entropies.getGradient() : scope.create(new float[0]);
      network.backward(
          parameters, head, rows, targets, temperature, gradients, entropyGradients, kept, tape);
    }
  }

  @Override
  public void close() {
    collector.close();
    scope.close();
  }
}
