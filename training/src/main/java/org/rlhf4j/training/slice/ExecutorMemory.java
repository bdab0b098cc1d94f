package org.rlhf4j.training.slice;

import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The memory of an executor beside Java's heap: what it takes, and what Spark asks for. */
final class ExecutorMemory {
  private static final long MEBIBYTE = 1 << 20;

  /** Classes, threads and libtorch's code, with no model: an estimate. */
  static final long WITHOUT_MODELS = 300 * MEBIBYTE;

  private static final String OVERHEAD = "spark.executor.memoryOverhead";
  private static final String FACTOR = "spark.executor.memoryOverheadFactor";
  private static final String LEAST = "spark.executor.minMemoryOverhead";
  private static final String HEAP = "spark.executor.memory";

  private static final Pattern SIZE = Pattern.compile("(\\d+)([kmgtp]?)b?");
  private static final String UNITS = "kmgtp";

  private ExecutorMemory() {}

  /**
   * What an executor takes: the models, gradients and activations of a process that trains, without
   * the optimizer's moments.
   *
   * @param training bytes of a process that trains
   * @param trained weights
   */
  static long needed(long training, long trained) {
    return training - 2 * Float.BYTES * trained + WITHOUT_MODELS;
  }

  /**
   * What Spark asks for beside the heap: what is set, else a tenth of the heap, 384 MiB at least.
   *
   * @param conf Spark's settings
   */
  static long overhead(Map<String, String> conf) {
    if (conf.containsKey(OVERHEAD)) {
      return bytes(conf.get(OVERHEAD));
    }
    double factor = Double.parseDouble(conf.getOrDefault(FACTOR, "0.1"));
    return Math.max(
        bytes(conf.getOrDefault(LEAST, "384m")),
        (long) (factor * bytes(conf.getOrDefault(HEAP, "1g"))));
  }

  /** A size in Spark's form, {@code 512m} or {@code 2g}; without a unit it is MiB. */
  static long bytes(String size) {
    Matcher matcher = SIZE.matcher(size.strip().toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      return Long.MAX_VALUE; // Spark itself refuses it
    }
    String unit = matcher.group(2).isEmpty() ? "m" : matcher.group(2);
    return Long.parseLong(matcher.group(1)) << (10 * (UNITS.indexOf(unit) + 1));
  }
}
