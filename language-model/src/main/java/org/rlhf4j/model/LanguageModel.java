package org.rlhf4j.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import java.io.IOException;
import java.nio.file.Path;

/** A causal language model with its weights and tokenizer: a policy or a frozen reference. */
public final class LanguageModel implements AutoCloseable {
  private final ModelConfig config;
  private final Tokenizer tokenizer;
  private final Network network;
  private final Parameters parameters;

  private LanguageModel(ModelConfig config, Tokenizer tokenizer, Parameters parameters) {
    this.config = config;
    this.tokenizer = tokenizer;
    this.network = new Network(config);
    this.parameters = parameters;
  }

  /**
   * Loads a model.
   *
   * @param folder a Hugging Face model folder, or a run directory of ours
   * @return the model, frozen
   * @throws UserException where it can't be read, one line saying why
   */
  public static LanguageModel load(Path folder) {
    ModelFolder files = ModelFolder.open(folder);
    ModelConfig config = files.config();
    if (config.isScalar()) {
      throw new UserException(
          files.folder() + ": is a reward model (sequence classifier), not a language model");
    }
    Tokenizer tokenizer = Tokenizer.load(files.folder());
    return new LanguageModel(
        config, tokenizer, files.read(config.languageModelParameters(), null, 0));
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
        causal, tokenizer, Parameters.fresh(causal.languageModelParameters(), seed));
  }

  /** The configuration. */
  public ModelConfig config() {
    return config;
  }

  /** The tokenizer. */
  public Tokenizer tokenizer() {
    return tokenizer;
  }

  /** The weights. */
  public Parameters parameters() {
    return parameters;
  }

  Network network() {
    return network;
  }

  /** The head [V, C]: the embedding where they are tied. */
  NDArray head() {
    return config.dimensions().tied()
        ? parameters.list().get(0)
        : parameters.get(config.family().head());
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
        NDManager scope = parameters.manager().newSubManager()) {
      NDArray rows = network.predicting(parameters, tokens, scope, null);
      NDArray targets = scope.create(tokens.targets());
      NDList out = network.logprobs(parameters, rows, targets, scope.create(temperature), 0);
      return new TokenLogprobs(out.get(0).toFloatArray(), out.get(1).toFloatArray());
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
    parameters.trainable(true);
    return new LogprobPass(network, parameters, head(), tokens, temperature, entropyGradient);
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
    parameters.trainable(true);
    try (NDManager scope = parameters.manager().newSubManager();
        GradientCollector collector = scope.getEngine().newGradientCollector()) {
      Tape tape = new Tape();
      NDArray rows;
      try (Profile.Span span = Profile.span(Profile.Work.FORWARD)) {
        rows = network.predicting(parameters, tokens, scope, tape);
      }
      try (Profile.Span span = Profile.span(Profile.Work.BACKWARD)) {
        return network
            .backward(
                parameters,
                head(),
                rows,
                scope.create(tokens.targets()),
                scope.create(temperature),
                scope.create(gradients),
                scope.create(new float[0]),
                new NDList(),
                tape)
            .toFloatArray();
      }
    }
  }

  /** A frozen copy with weights of its own; the tokenizer is shared and stays this model's. */
  public LanguageModel copy() {
    return new LanguageModel(config, tokenizer, parameters.copy());
  }

  /**
   * Writes the model as a Hugging Face folder.
   *
   * @param folder an existing, empty folder
   * @throws IOException where it can't be written
   */
  public void save(Path folder) throws IOException {
    ModelFolder.write(folder, config, parameters, tokenizer);
  }

  @Override
  public void close() {
    network.close();
    parameters.close();
  }
}
