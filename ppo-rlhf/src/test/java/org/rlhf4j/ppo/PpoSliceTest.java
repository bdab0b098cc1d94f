package org.rlhf4j.ppo;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.testing.stages.PolicyRuns;
import org.rlhf4j.testing.stages.PolicySliceContract;

class PpoSliceTest extends PolicySliceContract {

  @Override
  protected PolicyRuns<?> runs(Path folder) throws IOException {
    return new TinyRun(folder);
  }

  @ParameterizedTest
  @ValueSource(strings = {"adaptive-kl", "trust-region"})
  void objectivesOfTheWholeDistributionAreRefused(String objective, @TempDir Path other)
      throws IOException {
    PolicyRuns<?> runs = new TinyRun(other);
    assertThatThrownBy(() -> runs.run("run", "spark", "here[1]", "objective", objective))
        .hasMessageContaining("objective must be clip or vanilla with --spark");
  }

  @Test
  void rowsToGoOnModellingAreRefused(@TempDir Path other) throws IOException {
    TinyRun runs = new TinyRun(other);
    assertThatThrownBy(
            () ->
                runs.run("run", "spark", "here[1]", "pretraining-data", runs.prompts().toString()))
        .hasMessageContaining("pretraining-data can't be together with --spark");
  }
}
