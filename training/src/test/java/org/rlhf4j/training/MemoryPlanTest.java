package org.rlhf4j.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.model.family.Dimensions;
import org.rlhf4j.training.run.RunDirectory;

class MemoryPlanTest {

  private static final long GIB = 1L << 30;

  /** GPT-2: 12 layers of 768, an MLP of 3072, 50,257 tokens. */
  private static final Dimensions GPT2 =
      new Dimensions(50_257, 768, 12, 12, 12, 64, 3072, 1024, 1e-5, true, 0.02);

  private static LoopSettings loop(Integer tokens) {
    return new LoopSettings(1, null, true, tokens, false, 100, 2, false);
  }

  @Test
  void aSeventySecondOfTheMemoryIsForTokens() {
    // A token: 4 · 12 · (12 · 768 + 2 · 3072) = 737,280 bytes.
    // 24 GiB / 72 = 357,913,941; / 737,280 = 485.45
    assertThat(MemoryPlan.microBatchTokens(GPT2, 24 * GIB)).isEqualTo(485);
  }

  @Test
  void neverFewerOrMoreThanIsOfUse() {
    assertThat(MemoryPlan.microBatchTokens(GPT2, GIB)).isEqualTo(256);
    assertThat(MemoryPlan.microBatchTokens(GPT2, 512 * GIB)).isEqualTo(4096);
    assertThat(MemoryPlan.microBatchTokens(GPT2)).isBetween(256, 4096);
  }

  @Test
  void anEighthOfADevicesMemoryIsForKeysAndValues() {
    // GPT-2 in bf16, 1,024 tokens: 2 · 12 · 768 · 1,024 · 2 = 37,748,736 bytes.
    // 24 GiB / 8 = 3,221,225,472; / 37,748,736 = 85.3
    assertThat(MemoryPlan.completionsAtOnce(37_748_736, 24 * GIB)).isEqualTo(85);
    assertThat(MemoryPlan.completionsAtOnce(37_748_736, 8 * GIB)).isEqualTo(64);
    assertThat(MemoryPlan.completionsAtOnce(37_748_736 / 8, 141 * GIB)).isEqualTo(1024);
  }

  @Test
  void whatIsSetWinsAndARunThatGoesOnKeepsWhatItHad(@TempDir Path folder) throws IOException {
    try (RunDirectory run = RunDirectory.open(folder, false)) {
      assertThat(MemoryPlan.microBatchTokens(loop(77), run, GPT2)).isEqualTo(77);
      Files.writeString(run.config(), "epochs: 1\nmicro-batch-tokens: 123\n");
      Files.writeString(run.metrics(), ""); // a run that has begun: its folder stays
    }
    try (RunDirectory run = RunDirectory.open(folder, true)) {
      assertThat(MemoryPlan.microBatchTokens(loop(null), run, GPT2)).isEqualTo(123);
      Files.writeString(run.config(), "epochs: 1\n");
      assertThat(MemoryPlan.microBatchTokens(loop(null), run, GPT2))
          .isEqualTo(MemoryPlan.microBatchTokens(GPT2));
    }
  }
}
