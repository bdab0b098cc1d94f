package org.rlhf4j.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.rlhf4j.model.Dimensions;
import org.rlhf4j.model.Parameters;
import org.rlhf4j.model.SmallParameters;

class RunPlanTest {

  private static final long GB = 1_000_000_000;

  @Test
  void tellsWorkMemoryAndTime() {
    List<RunPlan.Part> parts = List.of(new RunPlan.Part("a", 1_500_000), new RunPlan.Part("b", GB));
    // 6e12 operations at 5e10 a second: 120 s
    assertThat(new RunPlan("10 steps", parts, 6e12).lines(8 * GB, 5e10))
        .containsExactly(
            "plan: 10 steps",
            "plan: memory a 1.5 MB, b 1.0 GB: 1.0 GB of 8.0 GB",
            "plan: about 2:00 for the arithmetic alone; the time left is told as steps are made");
  }

  @Test
  void saysWhatToDoWhereMemoryIsTooSmall() {
    List<RunPlan.Part> parts = List.of(new RunPlan.Part("a", 9 * GB));
    assertThat(new RunPlan("", parts, 1).lines(8 * GB, 1).get(1))
        .endsWith(
            "9.0 GB of 8.0 GB; that is too much: lower --micro-batch-tokens, or take a smaller"
                + " model");
  }

  @Test
  void tokensTakeWhatTheMemoryPlanCounts() {
    Dimensions dimensions =
        new Dimensions(50_257, 768, 12, 12, 12, 64, 3072, 1024, 1e-5, true, 0.02);
    // 4 · 12 · (12 · 768 + 2 · 3072) = 737,280 bytes a token
    assertThat(RunPlan.Part.ofTokens(dimensions, 1000))
        .containsExactly(
            new RunPlan.Part("activations of 1,000 tokens", 737_280_000L),
            new RunPlan.Part("logits", 25_165_824L));
  }

  @Test
  void whatLiesUnderAdaptersIsHeldOnceAndNotTrained() {
    assertThat(RunPlan.Part.base(0)).isEmpty();
    assertThat(RunPlan.Part.base(1000)).containsExactly(new RunPlan.Part("base", 4000));
  }

  @Test
  void aMachineHasMemoryAndMultiplies() {
    assertThat(new RunPlan("", List.of(), 1e9).lines()).hasSize(3).last().asString().contains(":");
  }

  @Test
  void weightsCountFourTimesWhereTheyAreTrained() {
    try (Parameters weights = SmallParameters.of(new float[] {1, 2, 3}, new float[] {4, 5})) {
      // 5 weights of 4 bytes
      assertThat(RunPlan.Part.frozen("reference", weights))
          .isEqualTo(new RunPlan.Part("reference", 20));
      assertThat(RunPlan.Part.trained("model", weights))
          .isEqualTo(new RunPlan.Part("model with gradients and optimizer", 80));
    }
  }
}
