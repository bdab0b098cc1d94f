package org.rlhf4j.bench.kernels;

import java.nio.file.Path;
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
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.ScalarPass;

/** The network without its vocabulary: hidden states of packed rows, one scalar of each row. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
public class HiddenPass {
  /** A model folder. */
  @Param("")
  public String model;

  /** Rows at once. */
  @Param({"1", "4"})
  public int rows;

  /** Tokens of each. */
  @Param("256")
  public int length;

  private ScalarModel network;
  private PackedTokens tokens;

  /** Loads the model. */
  @Setup
  public void load() {
    network = ScalarModel.loadOrStart(Path.of(model), 0);
    tokens = Tokens.texts(network.config().dimensions().vocabulary(), rows, length);
  }

  /** Forward, as scoring does it. */
  @Benchmark
  public float[] forward() {
    return network.scores(tokens);
  }

  /** Forward and backward, as training does it. */
  @Benchmark
  public void forwardAndBackward() {
    try (ScalarPass pass = network.forwardScores(tokens)) {
      pass.backward(pass.scalars().sum());
    }
  }

  /** Frees the model. */
  @TearDown
  public void close() {
    network.close();
  }
}
