package org.rlhf4j.ppo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.training.health.HealthCheck;
import org.rlhf4j.training.health.HealthWarning;
import org.rlhf4j.training.health.HealthWatch;
import org.rlhf4j.training.run.MetricsLog;

/** Real runs with a fault put in on purpose, and the warning that each sets off. */
class PpoHealthTest {
  @TempDir private Path folder;

  private List<HealthCheck> warnings(String... options) throws IOException {
    Path run = new TinyRun(folder).run("run", options);
    return new HealthWatch(Precision.FP32)
        .addAll(MetricsLog.read(run.resolve("metrics.jsonl"))).stream()
            .map(HealthWarning::check)
            .toList();
  }

  /** A fresh head that isn't trained knows nothing. */
  @Test
  void aCriticThatDoesNotLearn() throws IOException {
    assertThat(
            warnings(
                "value-model",
                TinyRun.FIXTURE.resolve("policy").toString(),
                "value-learning-rate",
                "0",
                "learning-rate",
                "1e-6",
                "steps",
                "20",
                "checkpoint-every",
                "1000"))
        .contains(HealthCheck.CRITIC_NOT_LEARNING);
  }

  @Test
  void updatesThatAreTooLarge() throws IOException {
    assertThat(
            warnings(
                "learning-rate",
                "0.05",
                "max-grad-norm",
                "0",
                "steps",
                "6",
                "ppo-epochs",
                "6",
                "checkpoint-every",
                "1000"))
        .contains(HealthCheck.UPDATES_TOO_LARGE);
  }
}
