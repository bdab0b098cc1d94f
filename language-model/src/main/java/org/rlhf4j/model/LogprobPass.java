package org.rlhf4j.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import org.rlhf4j.model.torch.Placement;
import org.rlhf4j.model.torch.Profile;
import org.rlhf4j.model.torch.Torch;
import org.rlhf4j.model.weights.Parameters;

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
  private final Placement placement;
  private final int head; // its index among the parameters
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
  private NDArray states;
  private Divergences divergences;

  /** The KL from an earlier distribution, and what its gradient needs. */
  private record Divergences(NDArray leaf, NDArray oldRows, NDArray oldHead) {}

  LogprobPass(
      Network network,
      Parameters parameters,
      int head,
      PackedTokens tokens,
      double temperature,
      boolean entropyGradient,
      Tape tape) {
    this.network = network;
    this.parameters = parameters;
    this.placement = parameters.placement();
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
    } catch (RuntimeException | Error e) {
      close(); // or no pass could be opened any more
      throw e;
    }
  }

  private NDArray leaf(NDArray values, boolean gradient) {
    NDArray leaf = scope.create(placement.floats(values));
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

  /**
   * The final hidden states [M, C] that predict the tokens, a leaf on the host: for a second head
   * on the same trunk. What a loss sends back to them goes on into the network.
   */
  public NDArray states() {
    if (states == null) {
      states = placement.download(rows);
      Torch.requiresGradient(states, true);
    }
    return states;
  }

  /**
   * KL(π_old ‖ π) [M] over the whole vocabulary, a leaf. May be asked for once.
   *
   * @param oldStates what {@link LanguageModel#states} gave for these tokens then
   * @param oldHead the head of then
   */
  public NDArray divergencesFrom(float[] oldStates, HeadCopy oldHead) {
    NDArray oldRows = scope.create(oldStates, rows.getShape());
    NDList out = network.divergences(parameters, rows, oldRows, oldHead.array(), temperature);
    divergences = new Divergences(leaf(out.get(1), true), oldRows, oldHead.array());
    return divergences.leaf();
  }

  /** The manager for arrays that live as long as this pass. */
  public NDManager scope() {
    return scope;
  }

  /**
   * Adds the loss's gradient to that of the weights.
   *
   * @param loss a scalar computed from this pass's leaves
   */
  public void backward(NDArray loss) {
    try (Profile.Span span = Profile.span(Profile.Work.BACKWARD)) {
      collector.backward(loss);
      NDArray gradients = logprobs.getGradient();
      NDArray entropyGradients =
          entropyGradient ? entropies.getGradient() : scope.create(new float[0]);
      NDArray headGradient = parameters.gradient(head, scope);
      NDArray byRows =
          network
              .logprobsBackward(
                  parameters,
                  rows,
                  targets,
                  temperature,
                  gradients,
                  entropyGradients,
                  headGradient,
                  kept)
              .get(0);
      if (divergences != null) {
        byRows = byRows.add(divergencesBackward(headGradient));
      }
      if (states != null) {
        byRows = byRows.add(placement.upload(states.getGradient()));
      }
      network.backward(parameters, rows, byRows, tape);
    }
  }

  private NDArray divergencesBackward(NDArray headGradient) {
    return network.divergencesBackward(
        parameters,
        rows,
        divergences.oldRows(),
        divergences.oldHead(),
        temperature,
        divergences.leaf().getGradient(),
        headGradient);
  }

  @Override
  public void close() {
    collector.close();
    scope.close();
  }
}
