package org.rlhf4j.bench.kernels;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.TokenLogprobs;

/**
 * Log-probabilities and their gradients in chunks of the vocabulary's logits. To be run on a model
 * of one narrow block ({@code models/gpt2-head.json}), where the head is nearly all there is.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
public class LogprobChunks {
  /** A model folder. */
  @Param("")
  public String model;

  /** Positions at once. */
  @Param({"64", "512"})
  public int length;

  private LanguageModel network;
  private PackedTokens tokens;
  private float[] gradients;

  /** Loads the model. */
  @Setup
  public void load() {
    network = LanguageModel.load(Path.of(model));
    tokens = Tokens.texts(network.config().dimensions().vocabulary(), 1, length);
    gradients = new float[tokens.predicted()];
    Arrays.fill(gradients, -1f / gradients.length);
  }

  /** Log-probabilities and entropies, as scoring needs them. */
  @Benchmark
  public TokenLogprobs logprobs() {
    return network.logprobs(tokens, 1);
  }

  /** Log-probabilities and the gradients of hidden states and head in one pass over the logits. */
  @Benchmark
  public float[] logprobsAndGradients() {
    return network.accumulate(tokens, 1, gradients);
  }

  /** Frees the model. */
  @TearDown
  public void close() {
    network.close();
    network.tokenizer().close();
  }
}
