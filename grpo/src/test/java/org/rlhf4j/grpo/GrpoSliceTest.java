package org.rlhf4j.grpo;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.testing.stages.PolicyRuns;
import org.rlhf4j.testing.stages.PolicySliceContract;

class GrpoSliceTest extends PolicySliceContract {

  @Override
  protected PolicyRuns<?> runs(Path folder) throws IOException {
    return new TinyRun(folder);
  }

  @Test
  void replaysAreRefused(@TempDir Path other) throws IOException {
    PolicyRuns<?> runs = new TinyRun(other);
    assertThatThrownBy(
            () -> runs.run("run", "spark", "here[1]", "replay", "rollouts.jsonl", "data", ""))
        .hasMessageContaining("spark samples; with --replay the file has the completions");
  }
}
