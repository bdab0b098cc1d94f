package org.rlhf4j.testing.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.rlhf4j.model.torch.Placement;
import org.rlhf4j.model.torch.Torch;
import org.rlhf4j.model.weights.Safetensors;
import org.rlhf4j.testing.LazyDevice;

/**
 * Runs of a stage with all networks on libtorch's device {@code lazy}, beside those on the host.
 */
public final class OnADevice {
  /** How far rounding takes two runs of a few steps apart. */
  private static final double SAME = 2e-3;

  private OnADevice() {}

  /** Makes a run of a name with some options and returns its directory. */
  @FunctionalInterface
  public interface Runs {
    /** Makes it. */
    Path run(String name, String... options) throws IOException;
  }

  /**
   * A run there has the metrics and weights of one on the host, and one that stopped there after
   * its first step goes on to them on the host.
   *
   * @param runs makes runs with a checkpoint after each step
   * @param options of both
   */
  public static void isAsOnTheHost(Runs runs, String... options) throws IOException {
    assumeTrue(LazyDevice.start(Torch.libraryFolder()));
    String[] exact = with(options, "precision", "fp32");
    Path here = runs.run("here", exact);
    Path there;
    Placement.choose(Placement.on(LazyDevice.NAME));
    try {
      there = runs.run("there", exact);
    } finally {
      Placement.choose(Placement.HOST);
    }
    assertSame(here, there);
    RunFiles.killAfter(1, there);
    assertSame(here, runs.run("there", with(exact, "resume", "true")));
  }

  private static String[] with(String[] options, String name, String value) {
    String[] all = Arrays.copyOf(options, options.length + 2);
    all[options.length] = name;
    all[options.length + 1] = value;
    return all;
  }

  private static void assertSame(Path here, Path there) throws IOException {
    List<JsonNode> expected = RunFiles.lines(here.resolve("metrics.jsonl"));
    List<JsonNode> metrics = RunFiles.lines(there.resolve("metrics.jsonl"));
    assertThat(metrics).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      for (var metric : expected.get(i).properties()) {
        if (!metric.getKey().matches(".*(_seconds|_per_second|_gib)")) {
          assertThat(metrics.get(i).path(metric.getKey()).asDouble(Double.NaN))
              .as("step %d: %s", i + 1, metric.getKey())
              .isCloseTo(metric.getValue().asDouble(), within(tolerance(metric.getValue())));
        }
      }
    }
    assertSameWeights(weights(here), weights(there));
  }

  private static double tolerance(JsonNode value) {
    return SAME * Math.max(1, Math.abs(value.asDouble()));
  }

  private static Safetensors weights(Path run) {
    return Safetensors.open(run.resolve("model/model.safetensors"));
  }

  /** In the mean: where a gradient is all but zero, AdamW makes a step of its rounding. */
  private static void assertSameWeights(Safetensors here, Safetensors there) {
    for (String name : here.entries().keySet()) {
      float[] expected = here.values(name);
      float[] values = there.values(name);
      double sum = 0;
      for (int i = 0; i < expected.length; i++) {
        sum += Math.abs(values[i] - expected[i]);
      }
      assertThat(sum / expected.length).as(name).isLessThan(2e-5);
    }
  }
}
