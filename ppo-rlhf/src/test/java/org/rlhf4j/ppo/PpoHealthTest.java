package org.rlhf4j.ppo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.rollout.stage.PolicyHealth;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.training.health.HealthCheck;
import org.rlhf4j.training.health.HealthWarning;
import org.rlhf4j.training.health.HealthWatch;
import org.rlhf4j.training.run.Metrics;
import org.rlhf4j.training.run.MetricsLog;

/** Real runs with a fault put in on purpose, and the warning that each sets off. */
class PpoHealthTest {
  @TempDir private Path folder;

  private List<HealthCheck> warnings(String... options) throws IOException {
    Path run = new TinyRun(folder).run("run", options);
    return new HealthWatch(PpoHealth.CHECKS, Precision.FP32)
        .addAll(MetricsLog.read(run.resolve("metrics.jsonl"))).stream()
            .map(HealthWarning::check)
            .toList();
  }

  /** The step at which a run that explains the same at each step is warned of; 0: never. */
  private static int warnedAt(int steps, double explained) {
    HealthWatch watch = new HealthWatch(PpoHealth.CHECKS, Precision.FP32);
    for (int step = 1; step <= steps; step++) {
      List<HealthWarning> warnings =
          watch.add(step, new Metrics().put("explained_variance", explained));
      if (!warnings.isEmpty()) {
        assertThat(warnings)
            .extracting(HealthWarning::check)
            .containsExactly(PpoHealth.CRITIC_NOT_LEARNING);
        return step;
      }
    }
    return 0;
  }

  @Test
  void aCriticIsWarnedOfAfterTwentySteps() {
    assertThat(warnedAt(30, 0.04)).isEqualTo(20);
    assertThat(warnedAt(30, 0.06)).isZero();
    assertThat(warnedAt(19, -1)).isZero();
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
        .contains(PpoHealth.CRITIC_NOT_LEARNING);
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
        .contains(PolicyHealth.UPDATES_TOO_LARGE);
  }
}
