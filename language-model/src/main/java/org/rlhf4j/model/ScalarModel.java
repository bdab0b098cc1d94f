package org.rlhf4j.model;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A transformer with one number instead of logits: w · h, without bias. As a reward model it is
 * read at a completion's last token; as a critic before each of its tokens.
 */
public final class ScalarModel implements AutoCloseable {
  /** The head's tensor, as transformers names it. */
  static final String HEAD = "score.weight";

  private final ModelConfig config;
  private final Tokenizer tokenizer;
  private final Network network;
  private final Parameters parameters;

  private ScalarModel(ModelConfig config, Tokenizer tokenizer, Parameters parameters) {
    this.config = config;
    this.tokenizer = tokenizer;
    this.network = new Network(config);
    this.parameters = parameters;
  }

  /**
   * Loads a reward model.
   *
   * @param folder a sequence classifier with one label, or a run directory of ours
   * @return the model, frozen
   * @throws UserException where it can't be read, one line saying why
   */
  public static ScalarModel load(Path folder) {
    ModelFolder files = ModelFolder.open(folder);
    if (!files.holds(HEAD)) {
      throw new UserException(
          files.folder()
              + ": has no "
              + HEAD
              + ", so it is no reward model; `rlhf reward` makes one");
    }
    return read(files, 0);
  }

  /**
   * Loads a model to be trained into a reward model or critic: a head that the checkpoint has is
   * kept, otherwise a fresh one is drawn.
   *
   * @param folder a language or reward model
   * @param seed what a fresh head is drawn from
   * @return the model
   */
  public static ScalarModel loadOrStart(Path folder, long seed) {
    return read(ModelFolder.open(folder), seed);
  }

  private static ScalarModel read(ModelFolder files, long seed) {
    ModelConfig config = files.config();
    if (config.isScalar() && config.labels() > 1) {
      throw new UserException(
          "%s: has %d labels; a reward model has one"
              .formatted(files.folder().resolve("config.json"), config.labels()));
    }
    Tokenizer tokenizer = Tokenizer.load(files.folder());
    ModelConfig scalar = config.isScalar() ? config : config.asScalar(padId(config, tokenizer));
    return new ScalarModel(
        scalar, tokenizer, files.read(scalar.scalarModelParameters(), HEAD, seed));
  }

  /** The tokenizer's pad id unless it is that of EOS; then the vocabulary's last other id. */
  private static int padId(ModelConfig config, Tokenizer tokenizer) {
    int eos = tokenizer.eosId();
    int last = config.dimensions().vocabulary() - 1;
    int otherwise = last == eos ? last - 1 : last;
    int pad = tokenizer.padId().orElse(eos);
    return pad == eos ? otherwise : pad;
  }

  /**
   * A scalar model on a language model's backbone, with a fresh head.
   *
   * @param model whose weights are copied; its tokenizer is shared and stays its own
   * @param seed what the head is drawn from
   * @return the model
   */
  public static ScalarModel from(LanguageModel model, long seed) {
    ModelConfig config = model.config().asScalar(padId(model.config(), model.tokenizer()));
    Parameters parameters = model.parameters().copyOf(config.scalarModelParameters());
    parameters.draw(parameters.index(HEAD), seed);
    return new ScalarModel(config, model.tokenizer(), parameters);
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

  /**
   * Scores of completions, each read at its last token.
   *
   * @param tokens packed prompts and completions
   * @return one per completion
   */
  public float[] scores(PackedTokens tokens) {
    return scalars(tokens, tokens.lastRows());
  }

  /**
   * Values before each completion token: V(prompt, tokens before it).
   *
   * @param tokens packed prompts and completions
   * @return one per predicted token
   */
  public float[] values(PackedTokens tokens) {
    return scalars(tokens, tokens.predictors());
  }

  private float[] scalars(PackedTokens tokens, long[] rows) {
    try (Profile.Span span = Profile.span(Profile.Work.SCORING);
        NDManager scope = parameters.manager().newSubManager()) {
      return network.scalars(parameters, tokens, rows, scope, null).toFloatArray();
    }
  }

  /** A forward pass over scores to compute a loss on, to be closed. */
  public ScalarPass forwardScores(PackedTokens tokens) {
    parameters.trainable(true);
    return new ScalarPass(network, parameters, tokens, tokens.lastRows());
  }

  /** A forward pass over values to compute a loss on, to be closed. */
  public ScalarPass forwardValues(PackedTokens tokens) {
    parameters.trainable(true);
    return new ScalarPass(network, parameters, tokens, tokens.predictors());
  }

  /** A copy with weights of its own, frozen; the tokenizer is shared and stays this model's. */
  public ScalarModel copy() {
    return new ScalarModel(config, tokenizer, parameters.copy());
  }

  /**
   * Writes the model as a Hugging Face sequence classifier.
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
