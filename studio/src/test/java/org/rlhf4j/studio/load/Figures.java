package org.rlhf4j.studio.load;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * What a load test measured.
 *
 * @param store in which the verdicts are
 * @param seconds how long it took
 * @param verdicts that were taken
 * @param answered how long each verdict took to the next item
 * @param again requests that were sent again because the studio was away
 * @param processor seconds of processor time: of the studio, of the labellers, of the database; NaN
 *     where it isn't known
 * @param busy the machine's load average at the end
 */
record Figures(
    String store,
    double seconds,
    int verdicts,
    List<Labellers.Answered> answered,
    int again,
    double[] processor,
    double busy) {

  // Java compiles what it runs often, and all labellers begin at once.
  private static final long COLD = TimeUnit.SECONDS.toNanos(10);

  /** A table with a row for each. */
  static String table(Load load, List<Figures> all) {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "%d labellers who come within %.0f s, %d s, %.1f s between an item and its answer",
            load.labellers(),
            load.arrival(),
            load.seconds(),
            load.pause()));
    lines.add(
        "| store | verdicts | a second | to the next item: median | 99th percentile | longest |"
            + " 99th percentile and longest after ten seconds | processor time of a verdict: studio"
            + " | labellers | database | sent again | load average |");
    lines.add("| --- ".repeat(12) + "|");
    all.forEach(one -> lines.add(one.row()));
    return String.join("\n", lines);
  }

  private String row() {
    return String.format(
        Locale.ROOT,
        "| %s | %,d | %.1f | %.0f ms | %.0f ms | %.0f ms | %.0f, %.0f ms | %.2f ms | %.2f ms | %.2f"
            + " ms | %d | %.1f |",
        store,
        verdicts,
        verdicts / seconds,
        percentile(0, 0.5),
        percentile(0, 0.99),
        percentile(0, 1),
        percentile(COLD, 0.99),
        percentile(COLD, 1),
        milliseconds(0),
        milliseconds(1),
        milliseconds(2),
        again,
        busy);
  }

  /** Milliseconds, of the verdicts that were sent after so many nanoseconds; NaN without any. */
  private double percentile(long after, double share) {
    long[] nanos =
        answered.stream()
            .filter(one -> one.sent() >= after)
            .mapToLong(Labellers.Answered::nanos)
            .sorted()
            .toArray();
    int place = Math.max(0, (int) Math.ceil(share * nanos.length) - 1);
    return nanos.length == 0 ? Double.NaN : nanos[place] / 1e6;
  }

  private double milliseconds(int whose) {
    return 1e3 * processor[whose] / verdicts;
  }
}
