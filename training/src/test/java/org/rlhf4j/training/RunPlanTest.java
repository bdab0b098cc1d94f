package org.rlhf4j.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.model.ModelConfig;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.Trainable;
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.training.optimizer.SmallParameters;

class RunPlanTest {

  private static final long GB = 1_000_000_000;

  @TempDir private Path folder;

  @Test
  void tellsWorkMemoryAndTime() {
    List<RunPlan.Part> parts = List.of(new RunPlan.Part("a", 1_500_000), new RunPlan.Part("b", GB));
    assertThat(new RunPlan("10 steps", parts, 120).lines(8 * GB))
        .containsExactly(
            "plan: 10 steps",
            "plan: memory a 1.5 MB, b 1.0 GB: 1.0 GB of 8.0 GB",
            "plan: about 2:00, from a short trial; the time left is shown and corrected while steps"
                + " are made");
  }

  private static RunPlan.Part learning(String name, long bytes) {
    return new RunPlan.Part(name, bytes, RunPlan.When.LEARNING);
  }

  /** Keys and values of sampling are gone when activations come. */
  @Test
  void whatIsNeverThereAtOnceIsntAdded() {
    RunPlan.Part always = new RunPlan.Part("a", GB);
    RunPlan.Part pass = learning("b", 2 * GB);
    RunPlan.Part few = new RunPlan.Part("c", GB, RunPlan.When.SAMPLING);
    RunPlan.Part many = new RunPlan.Part("d", 3 * GB, RunPlan.When.SAMPLING);
    RunPlan one = new RunPlan("", List.of(always, pass, few), 1);
    assertThat(one.bytes()).isEqualTo(3 * GB);
    assertThat(one.lines(8 * GB).get(1))
        .isEqualTo("plan: memory a 1.0 GB, b 2.0 GB (at another time c 1.0 GB): 3.0 GB of 8.0 GB");
    RunPlan other = new RunPlan("", List.of(always, pass, few, many), 1);
    assertThat(other.bytes()).isEqualTo(5 * GB);
    assertThat(other.lines(8 * GB).get(1))
        .contains("a 1.0 GB, c 1.0 GB, d 3.0 GB (at another time b 2.0 GB): 5.0 GB");
  }

  @Test
  void tellsNoTimeThatItDoesntKnow() {
    assertThat(new RunPlan("", List.of(), Double.NaN).lines(GB).get(2))
        .isEqualTo("plan: the time left is shown and corrected while steps are made");
  }

  @Test
  void theTimeIsThatOfTriedPasses() throws IOException {
    List<TokenTree> rows =
        Collections.nCopies(6, TokenTree.of(new int[] {1, 2}, new int[] {3, 4, 5}));
    try (Parameters weights = SmallParameters.of(new float[] {1, 2, 3, 4})) {
      AtomicInteger tried = new AtomicInteger();
      RunPlan plan =
          RunPlan.overRows(
              10,
              2,
              rows,
              gpt2(folder, weights, false),
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
  void countsTheRowsThatThereAre() throws IOException {
    assertThat(workOf(3, 4)).isEqualTo("3 steps of 4 rows, 1.7 passes over 6 rows, 50 tokens");
    assertThat(workOf(2, 64))
        .isEqualTo(
            "2 steps of 6 rows (fewer than --batch-size), 2.0 passes over 6 rows, 60 tokens");
  }

  private String workOf(int steps, int batchSize) throws IOException {
    List<TokenTree> rows =
        Collections.nCopies(6, TokenTree.of(new int[] {1, 2}, new int[] {3, 4, 5}));
    try (Parameters weights = SmallParameters.of(new float[] {1, 2})) {
      Gpt2 model = gpt2(folder, weights, false);
      return RunPlan.overRows(steps, batchSize, rows, model, 100, tokens -> {}).work();
    }
  }

  @Test
  void saysWhatToDoWhereMemoryIsTooSmall() {
    List<RunPlan.Part> parts = List.of(new RunPlan.Part("a", 9 * GB));
    assertThat(new RunPlan("", parts, 1).lines(8 * GB).get(1))
        .endsWith(
            "9.0 GB of 8.0 GB; that is too much: lower --micro-batch-tokens, or use a smaller"
                + " model");
  }

  /** No weights, on the processor. */
  private static final Parameters NONE = Parameters.zeros(List.of());

  /** A network of GPT-2's sizes, without its weights. */
  private record Gpt2(
      ModelConfig config,
      Parameters parameters,
      long frozenCount,
      Precision precision,
      boolean checkpointsGradients)
      implements Trainable {

    @Override
    public void checkpointGradients(boolean checkpointing) {
      throw new UnsupportedOperationException();
    }
  }

  private static Gpt2 gpt2(Path folder, Parameters weights, boolean checkpointing)
      throws IOException {
    return new Gpt2(config(folder), weights, 0, Precision.FP32, checkpointing);
  }

  private static Gpt2 gpt2(Path folder, long frozen, Precision precision) throws IOException {
    return new Gpt2(config(folder), NONE, frozen, precision, false);
  }

  private static ModelConfig config(Path folder) throws IOException {
    return ModelConfig.readFile(
        Files.writeString(
            folder.resolve("config.json"),
            """
            {"model_type": "gpt2", "vocab_size": 50257, "n_embd": 768, "n_layer": 12,
             "n_head": 12, "n_positions": 1024}
            """));
  }

  /** A token takes 737,280 bytes, with gradient checkpointing 98,304: see MemoryPlanTest. */
  @Test
  void tokensTakeWhatTheMemoryPlanCounts() throws IOException {
    assertThat(RunPlan.Part.ofTokens(gpt2(folder, NONE, false), 1000))
        .containsExactly(
            learning("activations of 1,000 tokens", 737_280_000L),
            new RunPlan.Part("logits", 25_165_824L));
    assertThat(RunPlan.Part.ofTokens(gpt2(folder, NONE, true), 1000))
        .contains(learning("activations of 1,000 tokens", 98_304_000L));
  }

  /** Half the size; logits come from an fp32 copy of the head, 4 · 768 · 50,257 bytes. */
  @Test
  void inBf16ActivationsTakeHalf() throws IOException {
    assertThat(RunPlan.Part.ofTokens(gpt2(folder, 0, Precision.BF16), 1000))
        .containsExactly(
            learning("activations of 1,000 tokens", 368_640_000L),
            new RunPlan.Part("logits", 25_165_824L + 154_389_504L));
  }

  /**
   * Forward is 1, backward 2 and 1 where the weights are frozen; checkpointing adds a forward pass.
   */
  @Test
  void countsThePassesOfAnUpdate() {
    assertThat(RunPlan.passes(5, 0, 0)).isEqualTo(3);
    assertThat(RunPlan.passes(5, 0, 1)).isEqualTo(4);
    assertThat(RunPlan.passes(1, 3, 0)).isEqualTo((3 + 3 * 2) / 4.0);
  }

  @Test
  void whatLiesUnderAdaptersIsHeldOnceAndNotTrained() throws IOException {
    assertThat(RunPlan.Part.base(gpt2(folder, 0, Precision.FP32))).isEmpty();
    assertThat(RunPlan.Part.base(gpt2(folder, 1000, Precision.FP32)))
        .containsExactly(new RunPlan.Part("base", 4000));
    assertThat(RunPlan.Part.base(gpt2(folder, 1000, Precision.BF16)))
        .containsExactly(new RunPlan.Part("base", 2000));
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
