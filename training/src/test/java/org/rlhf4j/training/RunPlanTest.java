package org.rlhf4j.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.model.ModelConfig;
import org.rlhf4j.model.Parameters;
import org.rlhf4j.model.Precision;
import org.rlhf4j.model.SmallParameters;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.Trainable;

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
    return new Gpt2(config(folder), null, frozen, precision, false);
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
  void tokensTakeWhatTheMemoryPlanCounts(@TempDir Path folder) throws IOException {
    assertThat(RunPlan.Part.ofTokens(gpt2(folder, null, false), 1000))
        .containsExactly(
            new RunPlan.Part("activations of 1,000 tokens", 737_280_000L),
            new RunPlan.Part("logits", 25_165_824L));
    assertThat(RunPlan.Part.ofTokens(gpt2(folder, null, true), 1000))
        .contains(new RunPlan.Part("activations of 1,000 tokens", 98_304_000L));
  }

  /** Half the size; logits come from an fp32 copy of the head, 4 · 768 · 50,257 bytes. */
  @Test
  void inBf16ActivationsTakeHalf(@TempDir Path folder) throws IOException {
    assertThat(RunPlan.Part.ofTokens(gpt2(folder, 0, Precision.BF16), 1000))
        .containsExactly(
            new RunPlan.Part("activations of 1,000 tokens", 368_640_000L),
            new RunPlan.Part("logits", 25_165_824L + 154_389_504L));
  }

  /** 2 steps of 3 rows of 7 tokens with 5 weights: 6 or, a forward pass more, 8 · 5 · 42. */
  @Test
  void gradientCheckpointingCostsAForwardPass(@TempDir Path folder) throws IOException {
    List<TokenTree> rows = List.of(new TokenTree(new int[3], List.of(new int[4])));
    try (Parameters weights = SmallParameters.of(new float[] {1, 2, 3}, new float[] {4, 5})) {
      Gpt2 kept = gpt2(folder, weights, false);
      Gpt2 recomputed = gpt2(folder, weights, true);
      assertThat(RunPlan.overRows(2, 3, rows, kept, 10).operations()).isEqualTo(1260);
      assertThat(RunPlan.overRows(2, 3, rows, recomputed, 10).operations()).isEqualTo(1680);
    }
  }

  @Test
  void whatLiesUnderAdaptersIsHeldOnceAndNotTrained(@TempDir Path folder) throws IOException {
    assertThat(RunPlan.Part.base(gpt2(folder, 0, Precision.FP32))).isEmpty();
    assertThat(RunPlan.Part.base(gpt2(folder, 1000, Precision.FP32)))
        .containsExactly(new RunPlan.Part("base", 4000));
    assertThat(RunPlan.Part.base(gpt2(folder, 1000, Precision.BF16)))
        .containsExactly(new RunPlan.Part("base", 2000));
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
