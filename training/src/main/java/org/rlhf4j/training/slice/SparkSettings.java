package org.rlhf4j.training.slice;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Supplier;
import org.rlhf4j.model.torch.Placement;
import org.rlhf4j.model.torch.Torch;
import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.SettingsGroup;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.LoraSettings;

/**
 * Whether Apache Spark computes the slices of steps.
 *
 * @param spark Spark's master, or null: this process computes
 * @param sparkSlices the most slices of a step; null without Spark, so that a run that began with
 *     it doesn't go on without
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
            defaultText = "64 with --spark")
        Integer sparkSlices,
    @Setting(help = "CPU threads that a slice is computed with.", defaultValue = "1")
        int sparkThreads,
    @Setting(
            help = "One of Spark's own settings, KEY=VALUE, such as spark.executor.memory=4g.",
            resumable = true)
        List<String> sparkConf) {

  private static final int SLICES = 64;

  /** What is sent to each executor at each update: beyond this sending takes most of a step. */
  private static final long MOST_BYTES = 512L << 20;

  /** Checks the ranges. */
  public SparkSettings {
    Limits.require(spark != null || sparkSlices == null, "spark-slices", "is for --spark");
    if (spark != null) {
      sparkSlices = sparkSlices == null ? SLICES : sparkSlices;
      Limits.positive("spark-slices", sparkSlices);
    }
    Limits.positive("spark-threads", sparkThreads);
    Limits.require(spark != null || sparkThreads == 1, "spark-threads", "is for --spark");
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

  /** Spark's own settings by their keys; of one that is given twice the last. */
  Map<String, String> conf() {
    Map<String, String> conf = new HashMap<>();
    for (String one : sparkConf) {
      int equals = one.indexOf('=');
      conf.put(one.substring(0, equals), one.substring(equals + 1));
    }
    return conf;
  }

  /** Whether this process itself is the executor. */
  boolean isLocal() {
    return spark.startsWith("local");
  }

  /** Whether the cluster is Spark's own. */
  boolean isStandalone() {
    return spark.startsWith("spark:");
  }

  /** How many executors the settings ask for; empty where the cluster decides. */
  OptionalInt executors() {
    Map<String, String> conf = conf();
    if (conf.containsKey("spark.executor.instances")) {
      return OptionalInt.of(Integer.parseInt(conf.get("spark.executor.instances")));
    }
    return conf.containsKey("spark.cores.max")
        ? OptionalInt.of(Math.max(1, Integer.parseInt(conf.get("spark.cores.max")) / sparkThreads))
        : OptionalInt.empty();
  }

  /** Refuses a dropout, whose masks would be the same in each slice. */
  public void requireNoDropout(LoraSettings lora) {
    Limits.require(!isAsked() || lora.loraDropout() == 0, "lora-dropout", "must be 0 with --spark");
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

  /**
   * Refuses to send too much at each update.
   *
   * @param trained weights that are trained
   * @throws UserException where they have more than 512 MiB in fp32
   */
  public static void requireSendable(long trained) {
    long bytes = Float.BYTES * trained;
    if (bytes > MOST_BYTES) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "--spark sends what is trained to each executor at each update, and gets a gradient of"
                  + " that size for each slice: %,d MB are too many, %,d are the most; train an"
                  + " adapter (--lora-rank 16)",
              bytes / 1_000_000,
              MOST_BYTES / 1_000_000));
    }
  }

  /** Whether Spark computes. */
  public boolean isAsked() {
    return spark != null;
  }
}
