package org.rlhf4j.spark;

import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.slice.SparkSettings;

/** What Spark's failures mean to a user. */
final class SparkFailure {
  /** What systems say that end a process over its memory. */
  private static final Pattern OUT_OF_MEMORY =
      Pattern.compile("code 137|code: 137|exceeding (physical )?memory|oomkilled|outofmemoryerror");

  private static final Pattern NO_MASTER =
      Pattern.compile("masters are unresponsive|invalid master|could not parse master");

  private SparkFailure() {}

  /**
   * The failure as one line.
   *
   * @param settings of the run
   * @param failure Spark's
   */
  static UserException of(SparkSettings settings, Throwable failure) {
    String said = line(failure);
    String lower = said.toLowerCase(Locale.ROOT);
    String why = "--spark " + settings.spark() + ": " + said;
    if (OUT_OF_MEMORY.matcher(lower).find()) {
      why +=
          "; an executor ran out of memory. Tensors are beside Java's heap: raise --spark-conf"
              + " spark.executor.memoryOverhead=…, or lower --micro-batch-tokens";
    } else if (NO_MASTER.matcher(lower).find()) {
      why += "; start the master, or name another";
    } else {
      why += "; --resume goes on from the last checkpoint";
    }
    return new UserException(why, failure);
  }

  /**
   * The first line of its message that says something, without the traces behind it; else its type.
   */
  private static String line(Throwable failure) {
    return Stream.ofNullable(failure.getMessage())
        .flatMap(String::lines)
        .map(String::strip)
        .filter(one -> !one.isEmpty())
        .findFirst()
        .orElse(failure.getClass().getSimpleName());
  }
}
