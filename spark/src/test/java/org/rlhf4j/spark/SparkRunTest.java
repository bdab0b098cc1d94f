package org.rlhf4j.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.testing.stages.RunFiles;

/** Runs on Spark's local master, which has tasks, serialization and broadcasts of its own. */
class SparkRunTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"sft", "reward", "dpo", "ppo", "grpo"})
  void theNumberOfCoresIsNoMatter(String stage) throws IOException {
    SparkRuns runs = new SparkRuns(folder, stage);
    Path one = runs.run("one", "spark", "local[1]");
    Path two = runs.run("two", "spark", "local[2]");
    requireSame(one, two);
  }

  /** What is compared can differ. */
  @Test
  void anotherSeedGivesOtherBits() throws IOException {
    SparkRuns runs = new SparkRuns(folder, "grpo");
    Path one = runs.run("one", "spark", "local[2]");
    Path other = runs.run("other", "spark", "local[2]", "seed", "1");
    String weights = "model/model.safetensors";
    assertThat(Files.mismatch(one.resolve(weights), other.resolve(weights))).isNotEqualTo(-1);
    assertThat(RunFiles.withoutClock(other)).isNotEqualTo(RunFiles.withoutClock(one));
  }

  private static void requireSame(Path one, Path two) throws IOException {
    assertThat(RunFiles.withoutClock(two)).isEqualTo(RunFiles.withoutClock(one));
    for (String file :
        List.of("model/model.safetensors", "critic/model.safetensors", "rollouts.jsonl")) {
      assertThat(two.resolve(file).toFile().exists())
          .isEqualTo(one.resolve(file).toFile().exists());
      if (Files.exists(one.resolve(file))) {
        assertThat(two.resolve(file)).hasSameBinaryContentAs(one.resolve(file));
      }
    }
  }
}
