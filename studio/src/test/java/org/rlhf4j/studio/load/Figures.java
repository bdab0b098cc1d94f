package org.rlhf4j.studio.load;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a load test measured.
 *
 * @param store in which the verdicts are
 * @param seconds how long it took
 * @param verdicts that were taken
 * @param nanos from sending each verdict to the next item, the least first
 * @param again requests that were sent again because the studio was away
 * @param processor seconds of processor time: of the studio, of the labellers, of the database; NaN
 *     where it isn't known
 * @param busy the machine's load average at the end
 */
record Figures(
    String store,
    double seconds,
    int verdicts,
    List<Long> nanos,
    int again,
    double[] processor,
    double busy) {

  /** A table with a row for each. */
  static String table(Load load, List<Figures> all) {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "%d labellers, %d s, %.1f s between an item and its answer",
            load.labellers(),
            load.seconds(),
            load.pause()));
    lines.add(
        "| store | verdicts | a second | to the next item: median | 99th percentile | longest"
            + " | processor time of a verdict: studio | labellers | database"
            + " | sent again | load average |");
    lines.add("| --- ".repeat(11) + "|");
    all.forEach(one -> lines.add(one.row()));
    return String.join("\n", lines);
  }

  private String row() {
    return String.format(
        Locale.ROOT,
        "| %s | %,d | %.1f | %.0f ms | %.0f ms | %.0f ms | %.2f ms | %.2f ms | %.2f ms | %d | %.1f |",
        store,
        verdicts,
        verdicts / seconds,
        percentile(0.5),
        percentile(0.99),
        percentile(1),
        milliseconds(0),
        milliseconds(1),
        milliseconds(2),
        again,
        busy);
  }

  private double percentile(double share) {
    return nanos.get(Math.max(0, (int) Math.ceil(share * nanos.size()) - 1)) / 1e6;
  }

  private double milliseconds(int whose) {
    return 1e3 * processor[whose] / verdicts;
  }
}
