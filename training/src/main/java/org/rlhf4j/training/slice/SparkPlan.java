package org.rlhf4j.training.slice;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import org.rlhf4j.model.Trainable;
import org.rlhf4j.training.RunPlan;

/**
 * What a run does on Spark, told before it begins.
 *
 * @param spark of the run
 * @param steps of the run
 * @param items that a step's slices share: rows, prompts or completions
 * @param sampling stages of Spark's that a step has beside its updates
 * @param updates of a step
 * @param trained weights that are sent
 * @param isAdapter whether they are an adapter's
 */
public record SparkPlan(
    SparkSettings spark,
    int steps,
    int items,
    int sampling,
    long updates,
    long trained,
    boolean isAdapter) {

  /**
   * What a stage of Spark's is taken to cost beside its slices: about 0.1 s of a processor was
   * measured.
   */
  static final double STAGE_SECONDS = 0.15;

  /** What a link carries: 10 Gbit/s, less what a protocol takes. */
  static final double BYTES_PER_SECOND = 1e9;

  private static final int[] EXECUTORS = {2, 8, 64};
  private static final double MEBIBYTE = 1 << 20;

  /** Native memory is shown in these. */
  private static final int ROUNDED_TO_MIB = 100;

  /**
   * What a run over rows does, which has one update a step.
   *
   * @param spark of the run
   * @param steps of the run
   * @param rows of a step
   * @param model is trained
   */
  public static SparkPlan overRows(SparkSettings spark, int steps, int rows, Trainable model) {
    return new SparkPlan(
        spark, steps, rows, 0, 1, model.parameters().count(), model.frozenCount() > 0);
  }

  /**
   * The plan of the run with what Spark adds to it; the same where it isn't asked for.
   *
   * @param plan of one process
   */
  public RunPlan of(RunPlan plan) {
    if (!spark.isAsked()) {
      return plan;
    }
    List<String> notes = new ArrayList<>(plan.notes());
    notes.add(travels());
    if (!isAdapter) {
      notes.add(
          "Spark: all weights are sent; an adapter's are a small part of them (--lora-rank 16)");
    }
    if (!spark.isLocal()) {
      if (!Double.isNaN(plan.seconds())) {
        notes.add(efficiencies(plan.seconds() / steps));
      }
      memory(plan).ifPresent(notes::add);
    }
    return plan.noting(notes);
  }

  private int slices() {
    return Math.min(items, spark.sparkSlices());
  }

  private double bytes() {
    return trained * (double) Float.BYTES;
  }

  private String travels() {
    return String.format(
        Locale.ROOT,
        "Spark: %,d %s a step of at most %,d slices, so more than %,d executors have nothing to do;"
            + " a step sends %,.1f MB to each executor and brings at most %,.1f MB of gradients; the"
            + " time below is that of one process",
        sampling + updates,
        sampling + updates == 1 ? "stage" : "stages",
        slices(),
        slices(),
        updates * bytes() / 1e6,
        updates * slices() * bytes() / 1e6);
  }

  /**
   * The share of executors' time that is work: what a step takes in one process, over what it takes
   * on executors, times their number. The busiest executor has ⌈S/W⌉ of S slices; a stage costs
   * {@link #STAGE_SECONDS}; an update sends the weights from executor to executor, and its S
   * gradients through the driver's link.
   *
   * @param seconds of a step in a process that is as fast as an executor
   * @param executors W, at least 1
   */
  double efficiency(double seconds, int executors) {
    int rounds = (slices() + executors - 1) / executors;
    double work = seconds * rounds / slices();
    double stages = (sampling + updates) * STAGE_SECONDS;
    double sent = updates * (1 + slices()) * bytes() / BYTES_PER_SECOND;
    return seconds / executors / (work + stages + sent);
  }

  private String efficiencies(double seconds) {
    TreeSet<Integer> counts = new TreeSet<>();
    spark.executors().ifPresentOrElse(counts::add, () -> addUsual(counts));
    List<String> shares = new ArrayList<>();
    for (int executors : counts) {
      shares.add(
          String.format(
              Locale.ROOT, "%.0f %% with %,d", 100 * efficiency(seconds, executors), executors));
    }
    return "Spark: the share of executors' time that is work, if each is as fast as this process and"
        + " links carry 1 GB/s: "
        + String.join(", ", shares);
  }

  private void addUsual(TreeSet<Integer> counts) {
    for (int executors : EXECUTORS) {
      counts.add(Math.min(executors, slices()));
    }
  }

  /** Where an executor's tensors don't fit beside its heap. */
  private Optional<String> memory(RunPlan plan) {
    long needed = ExecutorMemory.needed(plan.bytes(), trained);
    long given = ExecutorMemory.overhead(spark.conf());
    if (needed <= given) {
      return Optional.empty();
    }
    long mebibytes = (long) Math.ceil(needed / MEBIBYTE / ROUNDED_TO_MIB) * ROUNDED_TO_MIB;
    return Optional.of(
        String.format(
            Locale.ROOT,
            "Spark: an executor takes about %,d MiB beside Java's heap, and"
                + " spark.executor.memoryOverhead is %,.0f MiB. %s; add --spark-conf"
                + " spark.executor.memoryOverhead=%dm, or lower --micro-batch-tokens",
            mebibytes,
            given / MEBIBYTE,
            spark.isStandalone()
                ? "A standalone cluster doesn't count it, so leave as much free on its machines"
                : "YARN and Kubernetes end an executor that takes more",
            mebibytes));
  }
}
