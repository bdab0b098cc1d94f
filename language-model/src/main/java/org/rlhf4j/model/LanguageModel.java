package org.rlhf4j.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.rlhf4j.model.adapter.Adapter;
import org.rlhf4j.model.adapter.LoraConfig;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.model.torch.Profile;
import org.rlhf4j.model.weights.ParameterSpec;
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.model.weights.SaveFormat;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.settings.UserException;

/** A causal language model with its weights and tokenizer: a policy or a frozen reference. */
public final class LanguageModel extends TransformerModel {
  private LanguageModel(
      ModelConfig config, Tokenizer tokenizer, Path origin, Parameters weights, Adapter adapter) {
    super(config, tokenizer, origin, weights, adapter);
  }

  /**
   * Loads a model.
   *
   * @param folder a Hugging Face model folder, one of an adapter, or a run directory of ours
   * @return the model, frozen
   * @throws UserException where it can't be read, one line saying why
   */
  public static LanguageModel load(Path folder) {
    return load(folder, Precision.FP32);
  }

  /**
   * Loads a model.
   *
   * @param folder as for {@link #load(Path)}
   * @param precision the number format that it computes in, and holds matrices in
   * @return the model, frozen
   */
  public static LanguageModel load(Path folder, Precision precision) {
    return read(ModelFolder.open(folder), null, 0, null, precision, precision);
  }

  /**
   * Loads a model beside another, in its number format: where both are of the same base and that
   * one trains an adapter on it, or this one does, there is one copy of the base's weights.
   *
   * @param folder as for {@link #load(Path)}
   * @param beside the other model
   * @return the model, frozen
   */
  public static LanguageModel load(Path folder, LanguageModel beside) {
    Precision precision = beside.precision();
    return read(ModelFolder.open(folder), null, 0, beside, precision, precision);
  }

  /**
   * Loads a model to be trained, in fp32.
   *
   * @param folder as for {@link #load(Path)}; an adapter's training goes on
   * @param lora the adapter to train instead of all weights; null for none, or as the folder has it
   * @param seed what a fresh adapter is drawn from
   * @return the model
   * @throws UserException where it can't be read, or has another adapter
   */
  public static LanguageModel load(Path folder, LoraConfig lora, long seed) {
    return load(folder, lora, seed, Precision.FP32);
  }

  /**
   * Loads a model to be trained.
   *
   * @param folder as for {@link #load(Path, LoraConfig, long)}
   * @param lora as there
   * @param seed as there
   * @param precision the number format that it computes in; what is trained is fp32
   * @return the model
   */
  public static LanguageModel load(Path folder, LoraConfig lora, long seed, Precision precision) {
    return read(ModelFolder.open(folder), lora, seed, null, precision, Precision.FP32);
  }

  /** Reads a model; {@code held} is how matrices are held where they aren't under an adapter. */
  private static LanguageModel read(
      ModelFolder files,
      LoraConfig lora,
      long seed,
      LanguageModel beside,
      Precision precision,
      Precision held) {
    ModelConfig config = files.config();
    if (files.isScalar()) {
      throw new UserException(
          files.folder()
              + ": this is a reward model (sequence classifier), not a language model; name a"
              + " language model, such as the one that it was trained from");
    }
    files.reportUnusedHead();
    Tokenizer tokenizer = files.tokenizer();
    List<ParameterSpec> specs = config.languageModelParameters();
    Adapter adapter = files.adapter(specs, List.of(), lora, seed);
    Parameters weights =
        beside != null && beside.lends(files.origin())
            ? beside.weights.shared()
            : files.read(specs, null, 0, adapter == null ? held : precision).computedIn(precision);
    return new LanguageModel(config, tokenizer, files.origin(), weights, adapter);
  }

  /** Whether this model's weights are of that folder and stay as they are. */
  boolean lends(Path folder) {
    return adapter != null && folder.equals(origin);
  }

  /**
   * Makes a fresh model.
   *
   * @param config its configuration
   * @param tokenizer its tokenizer, owned by the model from now on
   * @param seed what its weights are drawn from
   * @return the model
   */
  public static LanguageModel fresh(ModelConfig config, Tokenizer tokenizer, long seed) {
    ModelConfig causal = config.asLanguageModel();
    return new LanguageModel(
        causal, tokenizer, null, Parameters.fresh(causal.languageModelParameters(), seed), null);
  }

  /**
   * Whether its trained parameters mean the same as the other's: all weights, or an adapter on the
   * same base.
   */
  public boolean isTrainedLike(LanguageModel other) {
    return parameters().specs().equals(other.parameters().specs())
        && (isAdapted() ? other.isAdapted() && origin.equals(other.origin) : !other.isAdapted());
  }

  /**
   * How many models compute with the weights under this model's adapter, this one included: the
   * memory is taken once. 1 where it has no adapter.
   */
  public int modelsOnItsWeights() {
    return weights.owners();
  }

  /** The head as networks compute with it. */
  private NDArray computedHead() {
    return weights.computed().get(headIndex());
  }

  /** Where the head is among the weights. */
  int headIndex() {
    return config.dimensions().tied() ? 0 : weights.index(config.family().head());
  }

  /**
   * Log-probabilities and entropies of completion tokens, without gradients.
   *
   * @param tokens packed prompts and completions
   * @param temperature above 0: what logits are divided by
   * @return one of each per predicted token
   */
  public TokenLogprobs logprobs(PackedTokens tokens, double temperature) {
    try (Profile.Span span = Profile.span(Profile.Work.SCORING);
        NDManager scope = weights.manager().newSubManager()) {
      NDArray rows = network.predicting(weights, tokens, scope, null);
      NDArray targets = scope.create(tokens.targets());
      NDList out = network.logprobs(weights, rows, targets, scope.create(temperature), 0);
      return new TokenLogprobs(floats(out.get(0)), floats(out.get(1)));
    }
  }

  /**
   * The KL to another model over the whole vocabulary, before each completion token.
   *
   * @param other a model of the same family and vocabulary
   * @param tokens packed prompts and completions
   * @param temperature above 0: what the logits of both are divided by
   * @return KL(this ‖ other) of each predicted token, in nats
   */
  public float[] divergences(LanguageModel other, PackedTokens tokens, double temperature) {
    try (Profile.Span span = Profile.span(Profile.Work.SCORING);
        NDManager scope = weights.manager().newSubManager()) {
      NDArray rows = network.predicting(weights, tokens, scope, null);
      NDArray otherRows = other.network.predicting(other.weights, tokens, scope, null);
      // Under its own name the array would be taken for one of this model's weights.
      NDArray otherHead = other.computedHead().reshape(other.computedHead().getShape());
      otherHead.attach(scope);
      NDArray scale = scope.create(temperature);
      return floats(network.divergences(weights, rows, otherRows, otherHead, scale).get(0));
    }
  }

  /**
   * What the next-token distributions at completion tokens are made from, to be compared with later
   * ones.
   *
   * @param tokens packed prompts and completions
   * @return the final hidden states, {@code hidden} numbers of each predicted token
   */
  public float[] states(PackedTokens tokens) {
    try (Profile.Span span = Profile.span(Profile.Work.SCORING);
        NDManager scope = weights.manager().newSubManager()) {
      return floats(network.predicting(weights, tokens, scope, null));
    }
  }

  /**
   * The final hidden states at the last token of each completion.
   *
   * @param tokens packed prompts and completions
   * @return {@code hidden} numbers of each completion
   */
  public float[] lastStates(PackedTokens tokens) {
    try (Profile.Span span = Profile.span(Profile.Work.SCORING);
        NDManager scope = weights.manager().newSubManager()) {
      return network.states(weights, tokens, tokens.lastRows(), scope, null).toFloatArray();
    }
  }

  /** The head as it stands, to be closed: with {@link #states} it is a distribution of the past. */
  public HeadCopy headCopy() {
    return new HeadCopy(computedHead(), weights.precision(), weights.placement());
  }

  /**
   * How far this model has moved from what it was, over the whole vocabulary, without gradients.
   *
   * @param tokens packed prompts and completions
   * @param temperature above 0: what logits are divided by
   * @param oldStates what {@link #states} gave then
   * @param oldHead the head of then
   * @return KL(old ‖ this) of each predicted token, in nats
   */
  public float[] divergencesFrom(
      PackedTokens tokens, double temperature, float[] oldStates, HeadCopy oldHead) {
    try (Profile.Span span = Profile.span(Profile.Work.SCORING);
        NDManager scope = weights.manager().newSubManager()) {
      NDArray rows = network.predicting(weights, tokens, scope, null);
      NDArray oldRows = scope.create(oldStates, rows.getShape());
      NDArray scale = scope.create(temperature);
      return floats(network.divergences(weights, rows, oldRows, oldHead.array(), scale).get(1));
    }
  }

  /**
   * A forward pass to compute a loss on.
   *
   * @param tokens packed prompts and completions
   * @param temperature above 0: what logits are divided by
   * @param entropyGradient whether the loss depends on the entropies
   * @return the pass, to be closed
   */
  public LogprobPass forward(PackedTokens tokens, double temperature, boolean entropyGradient) {
    parameters().trainable(true);
    return new LogprobPass(
        network, weights, headIndex(), tokens, temperature, entropyGradient, tape());
  }

  /**
   * Where the loss's gradient by the log-probabilities is known beforehand: forward and backward in
   * one pass over the logits. Adds to the weights' gradients.
   *
   * @param tokens packed prompts and completions
   * @param temperature above 0: what logits are divided by
   * @param gradients ∂loss/∂logprob of each predicted token
   * @return the log-probabilities
   */
  public float[] accumulate(PackedTokens tokens, double temperature, float[] gradients) {
    parameters().trainable(true);
    try (NDManager scope = weights.manager().newSubManager();
        GradientCollector collector = scope.getEngine().newGradientCollector()) {
      Tape tape = tape();
      NDArray rows;
      try (Profile.Span span = Profile.span(Profile.Work.FORWARD)) {
        rows = network.predicting(weights, tokens, scope, tape);
      }
      try (Profile.Span span = Profile.span(Profile.Work.BACKWARD)) {
        NDList out =
            network.logprobsBackward(
                weights,
                rows,
                scope.create(tokens.targets()),
                scope.create(temperature),
                scope.create(gradients),
                scope.create(new float[0]),
                weights.gradient(headIndex(), scope),
                new NDList());
        network.backward(weights, rows, out.get(0), tape);
        return floats(out.get(1));
      }
    }
  }

  /**
   * A frozen copy of what is trained; what isn't, the weights under an adapter, is shared, and so
   * is the tokenizer, which stays this model's.
   */
  public LanguageModel copy() {
    return adapter == null
        ? new LanguageModel(config, tokenizer, origin, weights.frozenCopy(), null)
        : new LanguageModel(config, tokenizer, origin, weights.shared(), adapter.copy(List.of()));
  }

  /**
   * A frozen copy that computes in another number format.
   *
   * @param precision the format that its matrices are held in
   * @return the copy; the tokenizer stays this model's
   * @throws UserException where this model has an adapter, whose base isn't copied
   */
  public LanguageModel copyIn(Precision precision) {
    if (adapter != null) {
      throw new UserException(
          "--rollout-precision needs a copy of all weights, but the policy trains an adapter on"
              + " weights that are held once; leave it out");
    }
    Parameters copy = weights.copyOf(weights.specs(), precision);
    return new LanguageModel(config, tokenizer, origin, copy, null);
  }

  @Override
  boolean hasScalarHead() {
    return false;
  }

  /** Adds the adapter to the weights and writes those; of no use afterwards. */
  void saveMerged(Path folder, SaveFormat format) throws IOException {
    network.fold(weights);
    ModelFolder.write(folder, config, weights.tensors(), tokenizer, format);
  }
}
