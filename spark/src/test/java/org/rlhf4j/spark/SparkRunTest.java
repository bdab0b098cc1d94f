package org.rlhf4j.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.testing.stages.RunFiles;

/** Runs on Spark's local master, which has tasks, serialization and broadcasts of its own. */
class SparkRunTest {
  @TempDir private Path folder;

  @Test
  void theNumberOfCoresIsNoMatter() throws IOException {
    SparkRuns runs = new SparkRuns(folder);
    Path one = runs.run("one", "spark", "local[1]");
    Path two = runs.run("two", "spark", "local[2]");
    assertThat(mismatch(one, two, "model/model.safetensors")).isEqualTo(-1);
    assertThat(mismatch(one, two, "rollouts.jsonl")).isEqualTo(-1);
    assertThat(RunFiles.withoutClock(two)).isEqualTo(RunFiles.withoutClock(one));
    Path other = runs.run("other", "spark", "local[2]", "seed", "1");
    assertThat(mismatch(one, other, "model/model.safetensors")).isNotEqualTo(-1);
  }

  private static long mismatch(Path one, Path two, String file) throws IOException {
    return Files.mismatch(one.resolve(file), two.resolve(file));
  }
}
