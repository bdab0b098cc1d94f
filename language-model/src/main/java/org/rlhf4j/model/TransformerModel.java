package org.rlhf4j.model;

import ai.djl.ndarray.NDArray;
import java.io.IOException;
import java.nio.file.Path;
import org.rlhf4j.model.adapter.Adapter;
import org.rlhf4j.model.adapter.AdapterFolder;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.model.weights.SaveFormat;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.settings.UserException;

/**
 * A transformer with its weights, its tokenizer and, where it has one, the adapter that is trained
 * in place of the weights: what a language model and a scalar model have in common.
 */
abstract sealed class TransformerModel implements Trainable, AutoCloseable
    permits LanguageModel, ScalarModel {
  final ModelConfig config;
  final Tokenizer tokenizer;
  final Path origin; // of the weights; null where they are fresh
  final Parameters weights;
  final Adapter adapter; // null where all weights are trained
  final Network network;
  private Dropout dropout;
  private boolean checkpointing;

  TransformerModel(
      ModelConfig config, Tokenizer tokenizer, Path origin, Parameters weights, Adapter adapter) {
    this.config = config;
    this.tokenizer = tokenizer;
    this.origin = origin;
    this.weights = weights;
    this.adapter = adapter;
    this.network = Network.of(config, weights, adapter);
  }

  @Override
  public ModelConfig config() {
    return config;
  }

  /** The tokenizer. */
  public Tokenizer tokenizer() {
    return tokenizer;
  }

  @Override
  public Parameters parameters() {
    return adapter == null ? weights : adapter.parameters();
  }

  @Override
  public Precision precision() {
    return weights.precision();
  }

  /** All weights but the adapter's. */
  public Parameters weights() {
    return weights;
  }

  /** The adapter, or null. */
  Adapter adapter() {
    return adapter;
  }

  /** Whether it has an adapter, and only that, with a scalar model's head, is trained. */
  public boolean isAdapted() {
    return adapter != null;
  }

  @Override
  public long frozenCount() {
    return adapter == null ? 0 : weights.count();
  }

  /** Where the weights are from; null where they are fresh. */
  Path origin() {
    return origin;
  }

  /** What computes with the weights. */
  Network network() {
    return network;
  }

  /**
   * Draws which inputs the adapter doesn't see in the training passes from now on; without a
   * dropout it sees all, as it does where nothing is trained.
   *
   * @param seed the run's
   * @param step from 1
   */
  public void drawDropout(long seed, int step) {
    dropout = adapter != null && adapter.lora().dropout() > 0 ? new Dropout(seed, step) : null;
  }

  @Override
  public void checkpointGradients(boolean checkpointing) {
    this.checkpointing = checkpointing;
  }

  @Override
  public boolean checkpointsGradients() {
    return checkpointing;
  }

  /** The numbers of what a script gave. */
  float[] floats(NDArray array) {
    return weights.placement().floats(array);
  }

  /** What a training pass is recorded on. */
  Tape tape() {
    return new Tape(dropout, checkpointing);
  }

  /** Whether an adapter of it has a head beside. */
  abstract boolean hasScalarHead();

  /**
   * Writes what is trained, in fp32; see {@link #save(Path, SaveFormat)}.
   *
   * @param folder an existing, empty folder
   * @throws IOException where it can't be written
   */
  public void save(Path folder) throws IOException {
    save(folder, SaveFormat.DEFAULT);
  }

  /**
   * Writes the model as a Hugging Face folder, a scalar model as a sequence classifier; an adapter
   * as peft does, in one file.
   *
   * @param folder an existing, empty folder
   * @param format how the weights are written
   * @throws IOException where it can't be written
   * @throws UserException where a weight is too large for the format
   */
  public void save(Path folder, SaveFormat format) throws IOException {
    if (adapter == null) {
      ModelFolder.write(folder, config, weights.tensors(), tokenizer, format);
    } else {
      AdapterFolder.write(folder, config.family(), adapter, hasScalarHead(), format.dtype());
      tokenizer.copyTo(folder);
    }
  }

  @Override
  public void close() {
    network.close();
    weights.close();
    if (adapter != null) {
      adapter.close();
    }
  }
}
