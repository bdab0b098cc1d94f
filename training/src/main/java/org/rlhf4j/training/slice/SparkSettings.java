package org.rlhf4j.training.slice;

import java.util.List;
import java.util.function.Supplier;
import org.rlhf4j.model.torch.Placement;
import org.rlhf4j.model.torch.Torch;
import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.SettingsGroup;
import org.rlhf4j.settings.UsageException;

/**
 * Whether Apache Spark computes the slices of steps.
 *
 * @param spark Spark's master, or null: this process computes
 * @param sparkSlices the most slices of a step
 * @param sparkThreads CPU threads of a slice
 * @param sparkConf Spark's own settings, {@code key=value}
 */
@SettingsGroup("Spark")
public record SparkSettings(
    @Setting(
            help =
                "Spark's master, such as spark://host:7077: executors sample, score and compute"
                    + " gradients instead of this process. They need model and data under the same"
                    + " paths.",
            defaultText = "this process computes",
            resumable = true)
        String spark,
    @Setting(
            help =
                "Most slices that a step is cut into. The result depends on it in its last digits,"
                    + " and never on how many executors there are.",
            defaultValue = "64")
        int sparkSlices,
    @Setting(help = "CPU threads that a slice is computed with.", defaultValue = "1")
        int sparkThreads,
    @Setting(
            help = "One of Spark's own settings, KEY=VALUE, such as spark.executor.memory=4g.",
            resumable = true)
        List<String> sparkConf) {

  /** Checks the ranges. */
  public SparkSettings {
    Limits.positive("spark-slices", sparkSlices);
    Limits.positive("spark-threads", sparkThreads);
    Limits.require(spark != null || sparkConf.isEmpty(), "spark-conf", "is for --spark");
    Limits.require(
        sparkConf.stream().allMatch(one -> one.matches("spark\\.[^=\\s]+=.*")),
        "spark-conf",
        "must be KEY=VALUE with a key that begins with spark.");
    sparkConf = List.copyOf(sparkConf);
  }

  /**
   * Does work with as many CPU threads as executors have for a slice, so that it gives the same
   * bits as there.
   */
  public <T> T onItsThreads(Supplier<T> work) {
    int before = Torch.threads();
    Torch.threads(sparkThreads);
    try {
      return work.get();
    } finally {
      Torch.threads(before);
    }
  }

  /**
   * Makes sure that this process computes as executors do.
   *
   * @throws UsageException where its networks are on a GPU
   */
  public void requireProcessor() {
    if (!Placement.chosen().isHost()) {
      throw new UsageException(
          "--spark computes on processors, and here as there; add --device cpu");
    }
  }

  /** Whether Spark computes. */
  public boolean isAsked() {
    return spark != null;
  }
}
