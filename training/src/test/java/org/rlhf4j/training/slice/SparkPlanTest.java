package org.rlhf4j.training.slice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.training.RunPlan;

class SparkPlanTest {
  private static final long MEBIBYTE = 1 << 20;

  /** Ten steps of 64 prompts that one process makes in 960 s. */
  private static List<String> notes(
      String master, long trained, boolean isAdapter, String... conf) {
    SparkSettings spark = new SparkSettings(master, null, 1, List.of(conf));
    return new SparkPlan(spark, 10, 64, 1, 1, trained, isAdapter).of(plan(50_000_000)).notes();
  }

  private static RunPlan plan(long bytes) {
    return new RunPlan("work", List.of(new RunPlan.Part("model", bytes)), 960, List.of("first"));
  }

  @Test
  void aPlanWithoutSparkStaysAsItIs() {
    SparkSettings none = new SparkSettings(null, null, 1, List.of());
    RunPlan plan = plan(1);
    assertThat(new SparkPlan(none, 10, 64, 1, 1, 300_000, true).of(plan)).isEqualTo(plan);
  }

  /** 300,000 weights have 1.2 MB; 64 gradients 76.8 MB. */
  @Test
  void itSaysWhatTravelsAndWhatToExpect() {
    assertThat(notes("spark://host:7077", 300_000, true))
        .containsExactly(
            "first",
            "Spark: 2 stages a step of at most 64 slices, so more than 64 executors have nothing to"
                + " do; a step sends 1.2 MB to each executor and brings at most 76.8 MB of gradients;"
                + " the time below is that of one process",
            "Spark: the share of executors' time that is work, if each is as fast as this process"
                + " and links carry 1 GB/s: 99 % with 2, 97 % with 8, 80 % with 64");
  }

  /** What they are is known, so no others are guessed at. */
  @ParameterizedTest
  @CsvSource({"spark.executor.instances=3", "spark.cores.max=3"})
  void executorsThatAreNamedAreCounted(String conf) {
    assertThat(notes("yarn", 300_000, true, conf).get(2)).endsWith("1 GB/s: 96 % with 3");
  }

  /** In this process nothing is sent, and slices are computed one after another. */
  @Test
  void aLocalMasterHasNoEfficiency() {
    assertThat(notes("local[2]", 300_000, true)).hasSize(2);
  }

  @Test
  void allWeightsAreWarnedOf() {
    assertThat(notes("local[2]", 300_000, false))
        .contains(
            "Spark: all weights are sent; an adapter's are a small part of them (--lora-rank 16)");
  }

  /**
   * 8 executors: 8 of 64 slices each are 96 · 8/64 = 12 s; two stages 0.3 s; 65 · 1.2 MB 0.078 s. 3
   * executors: the busiest has 22 slices, 96 · 22/64 = 33 s, where a third of 96 s is 32 s.
   */
  @Test
  void efficiencyIsWorkOverWhatItTakes() {
    SparkSettings spark = new SparkSettings("yarn", null, 1, List.of());
    SparkPlan plan = new SparkPlan(spark, 10, 64, 1, 1, 300_000, true);
    assertThat(plan.efficiency(96, 8)).isCloseTo(12 / 12.378, within(1e-12));
    assertThat(plan.efficiency(96, 3)).isCloseTo(32 / 33.378, within(1e-12));
  }

  /**
   * A process that trains takes 500 MB, of which 2 · 4 · 2,500,000 bytes are AdamW's moments: 480
   * MB, and 300 MiB without models, are 757.8 MiB. Spark's own share of 1 GiB is 384 MiB.
   */
  @Test
  void anOverheadThatIsTooSmallIsSaidBeforeTheRun() {
    assertThat(ExecutorMemory.needed(500_000_000, 2_500_000))
        .isEqualTo(480_000_000 + 300 * MEBIBYTE);
    assertThat(notesOfMemory("k8s://host"))
        .last()
        .asString()
        .isEqualTo(
            "Spark: an executor takes about 800 MiB beside Java's heap, and"
                + " spark.executor.memoryOverhead is 384 MiB. YARN and Kubernetes end an executor"
                + " that takes more; add --spark-conf spark.executor.memoryOverhead=800m, or lower"
                + " --micro-batch-tokens");
    assertThat(notesOfMemory("spark://host:7077"))
        .last()
        .asString()
        .contains("A standalone cluster doesn't count it");
    assertThat(notesOfMemory("yarn", "spark.executor.memoryOverhead=800m")).hasSize(3);
    assertThat(notesOfMemory("yarn", "spark.executor.memoryOverhead=757")).hasSize(4);
  }

  private static List<String> notesOfMemory(String master, String... conf) {
    SparkSettings spark = new SparkSettings(master, null, 1, List.of(conf));
    return new SparkPlan(spark, 10, 64, 1, 1, 2_500_000, true).of(plan(500_000_000)).notes();
  }

  @ParameterizedTest
  @CsvSource({"512m, 512", "2g, 2048", "2GB, 2048", "1024, 1024", "2048k, 2"})
  void sizesAreSparks(String text, long mebibytes) {
    assertThat(ExecutorMemory.bytes(text)).isEqualTo(mebibytes * MEBIBYTE);
  }

  /** A tenth of the heap, 384 MiB at least, unless it is set. */
  @Test
  void theOverheadIsWhatSparkAsksFor() {
    assertThat(ExecutorMemory.overhead(Map.of())).isEqualTo(384 * MEBIBYTE);
    assertThat(ExecutorMemory.overhead(Map.of("spark.executor.memory", "10g")))
        .isEqualTo(1024 * MEBIBYTE);
    assertThat(
            ExecutorMemory.overhead(
                Map.of(
                    "spark.executor.memory", "10g", "spark.executor.memoryOverheadFactor", "0.2")))
        .isEqualTo(2048 * MEBIBYTE);
    assertThat(ExecutorMemory.overhead(Map.of("spark.executor.memoryOverhead", "2g")))
        .isEqualTo(2048 * MEBIBYTE);
  }
}
