package org.rlhf4j.testing.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A stage's runs whose gradients other processes compute. */
public final class InSlices {
  private InSlices() {}

  /** Makes a run of a stage. */
  @FunctionalInterface
  public interface Runs {

    /**
     * Makes a run.
     *
     * @param name of its folder
     * @param options names and values in turns
     * @return its folder
     */
    Path run(String name, String... options) throws IOException;
  }

  /**
   * Whatever the number of workers, and after a kill, the bits are the same; they are those of one
   * process up to the order of sums.
   */
  public static void isTheSame(Runs runs) throws IOException {
    Path one = runs.run("one", "spark", "here[1]", "steps", "4");
    Path three = runs.run("three", "spark", "here[3]", "steps", "4");
    assertThat(RunFiles.withoutClock(three)).isEqualTo(RunFiles.withoutClock(one));
    assertThat(three.resolve("model/model.safetensors"))
        .hasSameBinaryContentAs(one.resolve("model/model.safetensors"));
    RunFiles.killAfter(2, three);
    runs.run("three", "spark", "here[2]", "steps", "4", "resume", "true");
    assertThat(RunFiles.withoutClock(three)).isEqualTo(RunFiles.withoutClock(one));
    assertThat(Files.mismatch(model(one), model(three))).isEqualTo(-1);
    assertThat(
            Files.mismatch(model(one), model(runs.run("other", "spark", "here[1]", "steps", "3"))))
        .isNotEqualTo(-1);

    List<Double> here = losses(runs.run("here", "steps", "4"));
    List<Double> sliced = losses(one);
    for (int step = 0; step < here.size(); step++) {
      assertThat(sliced.get(step)).isCloseTo(here.get(step), within(1e-4));
    }
  }

  private static Path model(Path run) {
    return run.resolve("model/model.safetensors");
  }

  private static List<Double> losses(Path run) throws IOException {
    List<Double> losses = new ArrayList<>();
    RunFiles.lines(run.resolve("metrics.jsonl"))
        .forEach(line -> losses.add(line.get("loss").doubleValue()));
    return losses;
  }
}
