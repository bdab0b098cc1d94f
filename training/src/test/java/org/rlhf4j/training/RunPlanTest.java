package org.rlhf4j.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.rlhf4j.model.Dimensions;
import org.rlhf4j.model.Parameters;
import org.rlhf4j.model.SmallParameters;
import org.rlhf4j.model.TokenTree;

class RunPlanTest {

  private static final long GB = 1_000_000_000;

  @Test
  void tellsWorkMemoryAndTime() {
    List<RunPlan.Part> parts = List.of(new RunPlan.Part("a", 1_500_000), new RunPlan.Part("b", GB));
    assertThat(new RunPlan("10 steps", parts, 120).lines(8 * GB))
        .containsExactly(
            "plan: 10 steps",
            "plan: memory a 1.5 MB, b 1.0 GB: 1.0 GB of 8.0 GB",
            "plan: about 2:00 by a short trial; the time left is told, and corrected, as steps are"
                + " made");
  }

  @Test
  void tellsNoTimeThatItDoesntKnow() {
    assertThat(new RunPlan("", List.of(), Double.NaN).lines(GB).get(2))
        .isEqualTo("plan: the time left is told, and corrected, as steps are made");
  }

  /** A weight that is trained takes three passes forward, one under an adapter two. */
  @Test
  void theTimeIsThatOfTriedPasses() {
    Dimensions dimensions = new Dimensions(10, 2, 1, 1, 1, 2, 4, 8, 1e-5, true, 0.02);
    List<TokenTree> rows =
        Collections.nCopies(6, TokenTree.of(new int[] {1, 2}, new int[] {3, 4, 5}));
    try (Parameters weights = SmallParameters.of(new float[] {1, 2, 3, 4})) {
      AtomicInteger tried = new AtomicInteger();
      RunPlan plan =
          RunPlan.overRows(
              10,
              2,
              rows,
              weights,
              4,
              dimensions,
              100,
              tokens -> {
                assertThat(tokens.tokens()).isEqualTo(30);
                tried.incrementAndGet();
              });
      assertThat(tried.get()).isGreaterThanOrEqualTo(3);
      assertThat(plan.seconds()).isPositive();
      assertThat(plan.work()).isEqualTo("10 steps of 2 rows, 3.3 passes over 6 rows, 100 tokens");
    }
  }

  /** Passes of 4 and 2 rows: 3 steps are 4 + 2 + 4. */
  @Test
  void countsTheRowsThatThereAre() {
    assertThat(workOf(3, 4)).isEqualTo("3 steps of 4 rows, 1.7 passes over 6 rows, 50 tokens");
    assertThat(workOf(2, 64))
        .isEqualTo("2 steps of 6 rows, fewer than --batch-size, 2.0 passes over 6 rows, 60 tokens");
  }

  private static String workOf(int steps, int batchSize) {
    Dimensions dimensions = new Dimensions(10, 2, 1, 1, 1, 2, 4, 8, 1e-5, true, 0.02);
    List<TokenTree> rows =
        Collections.nCopies(6, TokenTree.of(new int[] {1, 2}, new int[] {3, 4, 5}));
    try (Parameters weights = SmallParameters.of(new float[] {1, 2})) {
      return RunPlan.overRows(steps, batchSize, rows, weights, 0, dimensions, 100, tokens -> {})
          .work();
    }
  }

  @Test
  void saysWhatToDoWhereMemoryIsTooSmall() {
    List<RunPlan.Part> parts = List.of(new RunPlan.Part("a", 9 * GB));
    assertThat(new RunPlan("", parts, 1).lines(8 * GB).get(1))
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
  void aMachineHasMemory() {
    assertThat(new RunPlan("", List.of(), 1).lines().get(1))
        .matches("plan: memory : 0.0 MB of .*GB");
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
