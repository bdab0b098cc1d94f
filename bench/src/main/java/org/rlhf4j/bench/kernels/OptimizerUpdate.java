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
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.training.optimizer.AdamW;
import org.rlhf4j.training.optimizer.GradientNorm;

/** What an optimizer step does once gradients are there, over all weights of a model. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
public class OptimizerUpdate {
  /** A model folder. */
  @Param("")
  public String model;

  private LanguageModel network;
  private AdamW optimizer;

  /** Loads the model; its gradients are zeros. */
  @Setup
  public void load() {
    network = LanguageModel.load(Path.of(model));
    network.parameters().trainable(true);
    optimizer = new AdamW(network.parameters(), 0.9, 0.999, 1e-8, 0.01);
  }

  /** AdamW. */
  @Benchmark
  public void adamW() {
    optimizer.step(1e-6);
  }

  /** The norm of all gradients together, which clipping starts with. */
  @Benchmark
  public double gradientNorm() {
    return GradientNorm.clip(network.parameters(), 1);
  }

  /** Zeroing the gradients for the next step. */
  @Benchmark
  public void zeroGradients() {
    network.parameters().zeroGradients();
  }

  /** Frees the model. */
  @TearDown
  public void close() {
    optimizer.close();
    network.close();
    network.tokenizer().close();
  }
}
