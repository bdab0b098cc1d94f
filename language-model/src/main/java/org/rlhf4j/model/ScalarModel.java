package org.rlhf4j.model;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.rlhf4j.model.adapter.Adapter;
import org.rlhf4j.model.adapter.LoraConfig;
import org.rlhf4j.model.family.Family;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.model.torch.Placement;
import org.rlhf4j.model.torch.Profile;
import org.rlhf4j.model.weights.ParameterSpec;
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.model.weights.SaveFormat;
import org.rlhf4j.model.weights.StridedTensor;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.settings.UserException;

/**
 * A transformer with one number instead of logits: w · h, without bias. As a reward model it is
 * read at a completion's last token; as a critic before each of its tokens.
 */
public final class ScalarModel extends TransformerModel {
  private static final String HEAD = Family.SCALAR_HEAD;

  private double lengthSlope;

  private ScalarModel(
      ModelConfig config, Tokenizer tokenizer, Path origin, Parameters weights, Adapter adapter) {
    super(config, tokenizer, origin, weights, adapter);
  }

  /**
   * Loads a reward model.
   *
   * @param folder a sequence classifier with one label, an adapter with such a head, or a run
   *     directory of ours
   * @return the model, frozen
   * @throws UserException where it can't be read, one line saying why
   */
  public static ScalarModel load(Path folder) {
    return load(folder, Precision.FP32);
  }

  /**
   * Loads a reward model.
   *
   * @param folder as for {@link #load(Path)}
   * @param precision the number format that it computes in, and holds matrices in
   * @return the model, frozen
   */
  public static ScalarModel load(Path folder, Precision precision) {
    return read(withHead(folder), null, 0, null, precision, precision);
  }

  /**
   * Loads a reward model beside a language model, in its number format: where both are adapters on
   * the same base there is one copy of its weights.
   *
   * @param folder as for {@link #load(Path)}
   * @param beside the language model
   * @return the model, frozen
   */
  public static ScalarModel load(Path folder, LanguageModel beside) {
    return read(withHead(folder), null, 0, beside, beside.precision(), beside.precision());
  }

  private static ModelFolder withHead(Path folder) {
    ModelFolder files = ModelFolder.open(folder);
    if (!files.holdsHead()) {
      throw new UserException(
          files.folder()
              + ": has no "
              + HEAD
              + ", so it isn't a reward model; `rlhf reward` makes one");
    }
    files.requireScalar();
    return files;
  }

  /**
   * Loads a model to be trained into a reward model or critic: a head that the checkpoint has is
   * kept, otherwise a fresh one is drawn.
   *
   * @param folder a language or reward model; an adapter's training goes on
   * @param seed what a fresh head is drawn from
   * @return the model
   */
  public static ScalarModel loadOrStart(Path folder, long seed) {
    return loadOrStart(folder, null, seed, Precision.FP32);
  }

  /**
   * Loads a model to be trained into a reward model or critic.
   *
   * @param folder as for {@link #loadOrStart(Path, long)}
   * @param lora the adapter to train instead of all weights; null for none, or as the folder has it
   * @param seed what a fresh head and a fresh adapter are drawn from
   * @param precision the number format that it computes in; what is trained is fp32
   * @return the model
   * @throws UserException where it can't be read, or has another adapter
   */
  public static ScalarModel loadOrStart(
      Path folder, LoraConfig lora, long seed, Precision precision) {
    return read(ModelFolder.open(folder), lora, seed, null, precision, Precision.FP32);
  }

  /**
   * Loads a model to be trained into a critic beside a language model, in its number format: where
   * both train adapters on the same base there is one copy of its weights.
   *
   * @param folder as for {@link #loadOrStart(Path, long)}
   * @param lora as for {@link #loadOrStart(Path, LoraConfig, long, Precision)}
   * @param seed as there
   * @param beside the language model
   * @return the model
   */
  public static ScalarModel loadOrStart(
      Path folder, LoraConfig lora, long seed, LanguageModel beside) {
    Precision precision = beside.precision();
    return read(ModelFolder.open(folder), lora, seed, beside, precision, Precision.FP32);
  }

  /** Reads a model; {@code held} is how matrices are held where they aren't under an adapter. */
  private static ScalarModel read(
      ModelFolder files,
      LoraConfig lora,
      long seed,
      LanguageModel beside,
      Precision precision,
      Precision held) {
    ModelConfig config = files.config();
    if (config.isScalar() && files.labels() > 1) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "%s: it has %d labels, but a reward model has one",
              files.folder().resolve("config.json"),
              files.labels()));
    }
    Tokenizer tokenizer = files.tokenizer();
    ModelConfig scalar =
        !config.isScalar()
            ? config.asScalar(padId(config, tokenizer))
            : config.labels() == 1 ? config : config.withOneLabel();
    List<ParameterSpec> backbone = scalar.blueprint().parameters();
    List<ParameterSpec> head = List.of(scalar.scalarHead());
    Adapter adapter = files.adapter(backbone, head, lora, seed);
    Parameters weights;
    if (adapter == null) {
      weights = files.read(scalar.scalarModelParameters(), HEAD, seed, held).computedIn(precision);
    } else if (beside != null && beside.lends(files.origin())) {
      weights = beside.weights().shared();
    } else {
      weights = files.read(backbone, null, 0, precision);
    }
    return new ScalarModel(scalar, tokenizer, files.origin(), weights, adapter);
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
   * @param model whose trained weights are copied and whose others, those under an adapter, are
   *     shared; its tokenizer is shared and stays its own
   * @param seed what the head is drawn from
   * @return the model
   */
  public static ScalarModel from(LanguageModel model, long seed) {
    ModelConfig config = model.config().asScalar(padId(model.config(), model.tokenizer()));
    if (model.adapter() == null) {
      Parameters parameters = model.weights().copyOf(config.scalarModelParameters());
      parameters.draw(parameters.index(HEAD), seed);
      parameters.computedIn(model.precision());
      return new ScalarModel(config, model.tokenizer(), null, parameters, null);
    }
    Adapter adapter = model.adapter().copy(List.of(config.scalarHead()));
    adapter.parameters().draw(adapter.parameters().index(HEAD), seed);
    Parameters shared = model.weights().shared();
    return new ScalarModel(config, model.tokenizer(), model.origin(), shared, adapter);
  }

  /**
   * A scalar model on a language model's backbone as it stands, with a head that was trained on it.
   *
   * @param model whose weights are copied; its tokenizer is shared and stays its own
   * @param head its weights are copied
   * @return the model
   */
  static ScalarModel of(LanguageModel model, ValueHead head) {
    ScalarModel scalar = from(model, 0);
    scalar.setHead(head.parameters());
    return scalar;
  }

  /**
   * Takes out of {@link #scores} what they owe to length, w · h − slope · tokens. It is no part of
   * the weights: copies, values and passes with gradients don't have it.
   *
   * @param slope score per token of the completion; 0 for none
   */
  public void debiasLength(double slope) {
    lengthSlope = slope;
  }

  /** What {@link #debiasLength} was told; 0 for none. */
  public double lengthSlope() {
    return lengthSlope;
  }

  /**
   * Scores of completions, each read at its last token.
   *
   * @param tokens packed prompts and completions
   * @return one per completion
   */
  public float[] scores(PackedTokens tokens) {
    float[] scores = scalars(tokens, tokens.lastRows());
    for (int k = 0; lengthSlope != 0 && k < scores.length; k++) {
      scores[k] -= (float) (lengthSlope * tokens.length(k));
    }
    return scores;
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
        NDManager scope = weights.manager().newSubManager()) {
      return floats(network.scalars(weights, parameters(), tokens, rows, scope, null));
    }
  }

  /**
   * What the scores are read from: the final-normed hidden state at each completion's last token. A
   * score is its product with the head.
   *
   * @param tokens packed prompts and completions
   * @return the states of all completions [K, C], one behind the other
   */
  public float[] lastStates(PackedTokens tokens) {
    try (Profile.Span span = Profile.span(Profile.Work.FORWARD);
        NDManager scope = weights.manager().newSubManager()) {
      return floats(network.states(weights, tokens, tokens.lastRows(), scope, null));
    }
  }

  /** A copy of the head alone [1, C] on the host, to be trained apart and closed. */
  public Parameters head() {
    List<ParameterSpec> specs = List.of(config.scalarHead());
    return parameters().copyOf(specs, Precision.FP32, Placement.HOST);
  }

  /**
   * Overwrites the head.
   *
   * @param head what {@link #head} gave, trained since
   */
  public void setHead(Parameters head) {
    parameters().set(parameters().index(HEAD), head, 0);
  }

  /** A forward pass over scores to compute a loss on, to be closed. */
  public ScalarPass forwardScores(PackedTokens tokens) {
    return pass(tokens, tokens.lastRows());
  }

  /** A forward pass over values to compute a loss on, to be closed. */
  public ScalarPass forwardValues(PackedTokens tokens) {
    return pass(tokens, tokens.predictors());
  }

  private ScalarPass pass(PackedTokens tokens, long[] rows) {
    parameters().trainable(true);
    return new ScalarPass(network, weights, parameters(), tokens, rows, tape());
  }

  /**
   * A copy of what is trained, which may be trained itself; what isn't, the weights under an
   * adapter, is shared, and so is the tokenizer, which stays this model's.
   */
  public ScalarModel copy() {
    if (adapter != null) {
      return adapted(adapter.copy(List.of(config.scalarHead())));
    }
    Parameters copy = weights.copy().computedIn(weights.precision());
    return new ScalarModel(config, tokenizer, origin, copy, null);
  }

  /**
   * A model on these weights, which aren't copied, with an adapter of its own and a copy of the
   * head. These weights must not be trained meanwhile.
   *
   * @param lora the adapter to train; a copy of this model's where it has one
   * @param seed what a fresh adapter is drawn from
   * @return the model
   * @throws UserException where this model's adapter is another
   */
  public ScalarModel adapted(LoraConfig lora, long seed) {
    List<ParameterSpec> backbone = config.blueprint().parameters();
    List<ParameterSpec> ownHead = List.of(config.scalarHead());
    if (adapter != null) {
      return adapted(adapter.copy(ownHead).continued(lora, backbone, origin));
    }
    Adapter fresh = Adapter.fresh(lora, backbone, origin, ownHead, seed);
    Parameters trained = fresh.parameters();
    trained.set(trained.index(HEAD), weights, weights.index(HEAD));
    return adapted(fresh);
  }

  private ScalarModel adapted(Adapter other) {
    return new ScalarModel(config, tokenizer, origin, weights.shared(), other);
  }

  @Override
  boolean hasScalarHead() {
    return true;
  }

  /** Adds the adapter to the weights and writes those; of no use afterwards. */
  void saveMerged(Path folder, SaveFormat format) throws IOException {
    network.fold(weights);
    Map<String, StridedTensor> tensors = weights.tensors();
    tensors.put(HEAD, parameters().tensors().get(HEAD));
    ModelFolder.write(folder, config, tensors, tokenizer, format);
  }
}
