package org.rlhf4j.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rlhf4j.model.adapter.Adapter;
import org.rlhf4j.model.adapter.LoraConfig;
import org.rlhf4j.model.family.Blueprint;
import org.rlhf4j.model.family.Dimensions;
import org.rlhf4j.model.torch.MatrixProduct;
import org.rlhf4j.model.torch.Placement;
import org.rlhf4j.model.torch.Torch;
import org.rlhf4j.model.torch.TorchArchive;
import org.rlhf4j.model.torch.TorchScript;
import org.rlhf4j.model.weights.Parameters;

/**
 * A transformer without its weights: one compiled script that serves policy, reference, reward
 * model and critic. What it takes and gives are arrays; nothing outside this package knows how it
 * computes.
 */
final class Network implements AutoCloseable {
  /** By matrix: A, B, first column, number. */
  static final TorchArchive.EmptyDict ADAPTERS =
      new TorchArchive.EmptyDict("Dict[Tensor, List[Tuple[Tensor, Tensor, int, int]]]");

  /** By matrix that is a copy: what it is a copy of. */
  private static final TorchArchive.EmptyDict MASTERS =
      new TorchArchive.EmptyDict("Dict[Tensor, Tensor]");

  private final Dimensions dimensions;
  private final TorchScript script;

  /** A network on the host whose matrices are as they stand. */
  Network(ModelConfig config) {
    this(config, Placement.HOST, null);
  }

  /**
   * A network of base weights, with an adapter where there is one; which it takes over: its weights
   * have to stay.
   */
  static Network of(ModelConfig config, Parameters base, Adapter adapter) {
    if (adapter == null) {
      Network network = new Network(config, base.placement(), null);
      network.hold(base);
      return network;
    }
    Network network = new Network(config, base.placement(), adapter.lora());
    network.attach(base, adapter.parameters(), adapter.places(base.specs().size()));
    return network;
  }

  private Network(ModelConfig config, Placement placement, LoraConfig lora) {
    this.dimensions = config.dimensions();
    Map<String, Object> attributes = attributes(config, placement, lora);
    this.script = TorchScript.compile("Transformer", source(config, placement), attributes);
  }

  /** The methods of a network of this family where it is to compute. */
  static String source(ModelConfig config, Placement placement) {
    List<String> files =
        new ArrayList<>(List.of("transformer.py", "adapters.py", "divergence.py", "decoding.py"));
    files.addAll(config.family().scripts());
    return TorchScript.methods(
        TorchScript.methods(Network.class, files), placement.machineSource());
  }

  /** Its attributes; {@code lora} is null where it has no adapter. */
  static Map<String, Object> attributes(ModelConfig config, Placement placement, LoraConfig lora) {
    Map<String, Object> attributes = constants(config.blueprint());
    attributes.put("checked_every", placement.checkedEvery());
    attributes.put("logit_numbers", (int) (placement.logitBytes() / Float.BYTES));
    attributes.put("adapter_scale", lora == null ? 0.0 : lora.scale());
    attributes.put("adapter_dropout", lora == null ? 0.0 : lora.dropout());
    attributes.put("adapters", ADAPTERS);
    attributes.put("masters", MASTERS);
    attributes.put("packed_weights", MatrixProduct.PACKED_WEIGHTS);
    return attributes;
  }

  private static Map<String, Object> constants(Blueprint blueprint) {
    Dimensions d = blueprint.dimensions();
    Map<String, Object> constants = new LinkedHashMap<>(blueprint.constants());
    constants.put("layers", d.layers());
    constants.put("hidden_size", d.hidden());
    constants.put("heads", d.heads());
    constants.put("kv_heads", d.kvHeads());
    constants.put("head_size", d.headSize());
    constants.put("tied", d.tied() ? 1 : 0);
    constants.put("epsilon", d.epsilon());
    constants.put("head_at", blueprint.parameters().size());
    return constants;
  }

  Dimensions dimensions() {
    return dimensions;
  }

  /** Takes over what is trained of weights that networks have copies of: it gets the gradients. */
  private void hold(Parameters base) {
    NDList pairs = base.copies();
    if (!pairs.isEmpty()) {
      run("hold", pairs, false).forEach(NDArray::close);
    }
  }

  /**
   * Takes an adapter over: from now on it is part of the network, and its weights have to stay.
   *
   * @param places for each adapted matrix its index, that of A among both weights, the first column
   *     and the number
   */
  private void attach(Parameters base, Parameters adapter, long[][] places) {
    try (NDManager scope = base.manager().newSubManager()) {
      NDArray rows = scope.create(Arrays.stream(places).flatMapToLong(Arrays::stream).toArray());
      NDList in = new NDList(rows.reshape(places.length, -1));
      in.addAll(base.computed());
      in.addAll(adapter.list());
      run("attach", in, false);
    }
  }

  /** Adds the adapter to the base weights and takes it off. */
  void fold(Parameters base) {
    try (NDManager scope = base.manager().newSubManager()) {
      NDList in = new NDList(scope.create(0L));
      in.addAll(base.computed());
      run("fold", in, false);
    }
  }

  /**
   * Final-normed hidden states [N, C] of packed tokens.
   *
   * @param scope owns the result
   * @param tape takes what {@link #backward} needs, and may ask for dropout; null where no
   *     gradients are to flow
   */
  NDArray hidden(Parameters parameters, PackedTokens tokens, NDManager scope, Tape tape) {
    NDList in = new NDList();
    in.add(scope.create(tokens.ids()));
    in.addAll(parameters.computed());
    in.add(scope.create(tokens.positions()));
    in.add(scope.create(tokens.sizes()));
    in.add(scope.create(tokens.branches()));
    in.add(scope.create(tape == null ? new int[0] : tape.dropoutKeys(tokens)));
    in.add(scope.create(tape != null && tape.checkpointing()));
    NDList out = run("hidden", in, tape != null);
    if (tape != null) {
      tape.record(out.subNDList(1));
    }
    return out.get(0);
  }

  /** A scalar head's output at some rows; the head is the last of the trained weights. */
  NDArray scalars(
      Parameters parameters,
      Parameters trained,
      PackedTokens tokens,
      long[] rows,
      NDManager scope,
      Tape tape) {
    NDList in = new NDList(hidden(parameters, tokens, scope, tape));
    in.addAll(trained.list());
    in.add(scope.create(rows));
    return run("scalar", in, tape != null).get(0);
  }

  /** Hidden states [M, C] that predict completion tokens, owned by the scope. */
  NDArray predicting(Parameters parameters, PackedTokens tokens, NDManager scope, Tape tape) {
    return states(parameters, tokens, tokens.predictors(), scope, tape);
  }

  /** Hidden states [R, C] at some rows of packed tokens, owned by the scope. */
  NDArray states(
      Parameters parameters, PackedTokens tokens, long[] rows, NDManager scope, Tape tape) {
    NDArray hidden = hidden(parameters, tokens, scope, tape);
    NDList in = new NDList(hidden, scope.create(rows));
    return run("select", in, tape != null).get(0);
  }

  /**
   * Sends a gradient from what {@link #scalars} or {@link #predicting} gave back through the
   * network, adding to the gradients of the weights.
   *
   * @param output what was given, or a scalar computed from it
   * @param gradient ∂loss/∂output
   * @param tape what was recorded then; it is used up
   */
  void backward(Parameters parameters, NDArray output, NDArray gradient, Tape tape) {
    Torch.backward(output, gradient);
    NDList in = tape.taken();
    in.addAll(parameters.computed());
    run(tape.checkpointing() ? "backward_by_layer" : "backward", in, true);
  }

  /**
   * Log-probabilities [M] and entropies [M] of targets at hidden states [M, C].
   *
   * @param keep of how many chunks of logits the probabilities are wanted for a backward pass
   * @return both, and the probabilities of so many chunks, or of all that there are
   */
  NDList logprobs(
      Parameters parameters, NDArray rows, NDArray targets, NDArray temperature, int keep) {
    NDList in = new NDList(rows);
    in.addAll(parameters.computed());
    in.addAll(new NDList(targets, temperature, rows.getManager().create((long) keep)));
    return run("logprobs", in, false);
  }

  /**
   * Turns gradients of log-probabilities and entropies into those of hidden states and head.
   *
   * @param gradients ∂loss/∂logprobs [M]
   * @param entropyGradients ∂loss/∂entropies [M], or empty for none
   * @param headGradient takes the head's, added to what it holds; empty where it isn't wanted
   * @param kept the probabilities that {@link #logprobs} gave; they are overwritten
   * @return ∂loss/∂rows [M, C]; log-probabilities [M], undefined where probabilities were kept
   */
  NDList logprobsBackward(
      Parameters parameters,
      NDArray rows,
      NDArray targets,
      NDArray temperature,
      NDArray gradients,
      NDArray entropyGradients,
      NDArray headGradient,
      NDList kept) {
    NDList in = new NDList(rows);
    in.addAll(parameters.computed());
    in.addAll(new NDList(targets, temperature, gradients, entropyGradients, headGradient));
    // A script's list can't be empty: without probabilities there is an empty array in it.
    NDList list = kept.isEmpty() ? new NDList(rows.getManager().create(new float[0])) : kept;
    list.forEach(chunk -> chunk.setName("kept[]"));
    in.addAll(list);
    return run("logprobs_backward", in, false);
  }

  /**
   * The KL between these weights' next-token distributions p and others q, over the whole
   * vocabulary.
   *
   * @param rows hidden states [M, C] that give p
   * @param otherRows hidden states [M, C'] that give q
   * @param otherHead the head [C', V] that gives q, in this script's layout
   * @return KL(p ‖ q) [M] and KL(q ‖ p) [M]
   */
  NDList divergences(
      Parameters parameters,
      NDArray rows,
      NDArray otherRows,
      NDArray otherHead,
      NDArray temperature) {
    NDList in = new NDList(rows);
    in.addAll(parameters.computed());
    in.addAll(new NDList(otherRows, otherHead, temperature));
    return run("divergences", in, false);
  }

  /**
   * Turns gradients of KL(q ‖ p) into those of hidden states and head of p.
   *
   * @param gradients ∂loss/∂KL(q ‖ p) [M]
   * @param headGradient takes the head's, added to what it holds; empty where it isn't wanted
   * @return ∂loss/∂rows [M, C]
   */
  NDArray divergencesBackward(
      Parameters parameters,
      NDArray rows,
      NDArray otherRows,
      NDArray otherHead,
      NDArray temperature,
      NDArray gradients,
      NDArray headGradient) {
    NDList in = new NDList(rows);
    in.addAll(parameters.computed());
    in.addAll(new NDList(otherRows, otherHead, temperature, gradients, headGradient));
    return run("divergences_backward", in, false).get(0);
  }

  /** Runs one of the script's methods; the first argument's manager owns the results. */
  NDList run(String method, NDList arguments, boolean graph) {
    return graph ? script.runWithGraph(method, arguments) : script.run(method, arguments);
  }

  @Override
  public void close() {
    script.close();
  }
}
