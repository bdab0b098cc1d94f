package org.rlhf4j.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.model.weights.WeightUpdate;
import org.rlhf4j.training.optimizer.SmallParameters;
import org.rlhf4j.training.run.Metrics;

class StepProfileTest {

  @Test
  void tellsTheKindsOfWorkThatAStepHadAndWhatIsLeft() {
    StepProfile profile = new StepProfile();
    try (Parameters weights = SmallParameters.of(new float[] {1, 2})) {
      WeightUpdate.norm(weights); // before the step: not counted
      profile.begin();
      assertThat(profile.end(2).values()).containsOnlyKeys("other_seconds").containsValue(2.0);

      WeightUpdate.norm(weights);
      Metrics metrics = profile.end(100);
      assertThat(metrics.values())
          .containsOnlyKeys("optimizer_seconds", "optimizer_peak_gib", "other_seconds");
      double optimizer = metrics.get("optimizer_seconds").orElseThrow();
      assertThat(optimizer).isPositive();
      assertThat(metrics.get("other_seconds").orElseThrow())
          .isCloseTo(100 - optimizer, within(1e-9));

      ByteArrayOutputStream shown = new ByteArrayOutputStream();
      profile.show(new PrintStream(shown, true, StandardCharsets.UTF_8));
      assertThat(shown.toString(StandardCharsets.UTF_8).lines())
          .hasSize(4)
          .anyMatch(line -> line.matches("optimizer +\\d+\\.\\d\\d +\\d+\\.\\d % +\\d+\\.\\d\\d"))
          .anyMatch(line -> line.matches("all +102\\.00 100\\.0 %"));

      WeightUpdate.norm(weights); // after the end: not counted
    }
    assertThat(org.rlhf4j.model.torch.Profile.take()).isEmpty();
  }
}
