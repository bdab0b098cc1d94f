package org.rlhf4j.bench.kernels;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.rlhf4j.model.Generator;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.random.SampleKey;
import org.rlhf4j.model.sampling.GenerationRequest;
import org.rlhf4j.model.sampling.Sampled;
import org.rlhf4j.model.sampling.SamplingSettings;

/** One token of every row: {@value #TOKENS} of them after prompts of a single token. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
public class DecodeStep {
  private static final int TOKENS = 64;

  /** A model folder. */
  @Param("")
  public String model;

  /** Rows at once. */
  @Param({"1", "8", "32"})
  public int rows;

  private LanguageModel network;
  private List<GenerationRequest> requests;

  /** Loads the model. */
  @Setup
  public void load() {
    network = LanguageModel.load(Path.of(model));
    List<int[]> prompts = Tokens.ids(network.config().dimensions().vocabulary(), rows, 1);
    requests =
        IntStream.range(0, rows)
            .mapToObj(
                row ->
                    new GenerationRequest(prompts.get(row), List.of(new SampleKey(0, 0, row, 0))))
            .toList();
  }

  /** Samples from the whole distribution at temperature 1. */
  @Benchmark
  @OperationsPerInvocation(TOKENS)
  public List<List<Sampled>> decode() {
    SamplingSettings settings = SamplingSettings.of(TOKENS, 1);
    return Generator.generate(network, settings, network.tokenizer().stopIds(), requests, rows);
  }

  /** Frees the model. */
  @TearDown
  public void close() {
    network.close();
    network.tokenizer().close();
  }
}
