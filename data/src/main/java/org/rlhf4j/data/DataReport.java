package org.rlhf4j.data;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.rlhf4j.model.UserException;

/**
 * What became of the rows that were read: {@code read = kept + dropped}. Jackson writes it with
 * names in snake_case.
 *
 * @param read good rows
 * @param skipped bad rows left out
 * @param kept rows that go on
 * @param cut rows among those whose prompt lost its beginning
 * @param dropped rows left out because of their length
 * @param droppedWhy those by reason
 * @param identical comparisons whose sides are the same text
 * @param duplicates rows that repeat an earlier one
 * @param maxLength the most tokens that a row may have
 * @param promptTokens lengths of the kept prompts, after the cut
 * @param completionTokens lengths of the longest completion of each kept row, its end included
 * @param rowTokens lengths of both together
 * @param skippedRows the first ten of the bad rows, as file:line:column and reason
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record DataReport(
    int read,
    int skipped,
    int kept,
    int cut,
    int dropped,
    Map<String, Integer> droppedWhy,
    int identical,
    int duplicates,
    int maxLength,
    Lengths promptTokens,
    Lengths completionTokens,
    Lengths rowTokens,
    List<String> skippedRows) {

  /** Why a row is dropped: a completion has more tokens than fit. */
  public static final String COMPLETION_TOO_LONG = "completion too long";

  /** Why a row is dropped: its only token has no predictor. */
  public static final String NOTHING_TO_TRAIN_ON = "nothing to train on";

  /** Why a prompt is dropped: it has no token to sample after. */
  public static final String EMPTY_PROMPT = "empty prompt";

  private static final int LISTED = 10;

  /**
   * Stops a run that would lose too many rows.
   *
   * @param maxDropped the largest share of the rows read that may be dropped, 0 to 1
   * @throws UserException if more are dropped
   */
  public void limit(double maxDropped) {
    if (dropped > maxDropped * read) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "%d of %d rows dropped (%s), more than max-dropped %s allows; raise max-length (%d)"
                  + " or max-dropped",
              dropped,
              read,
              reasons(),
              maxDropped,
              maxLength));
    }
  }

  /**
   * Stops a run that has nothing to train on.
   *
   * @throws UserException if no row is kept
   */
  public void requireRows() {
    if (kept > 0) {
      return;
    }
    throw new UserException(
        dropped > 0
            ? String.format(
                Locale.ROOT,
                "all %d rows dropped (%s); raise max-length (%d)",
                dropped,
                reasons(),
                maxLength)
            : "no rows are left to train on; check the data and eval-fraction");
  }

  /**
   * Describes the rows in a paragraph.
   *
   * @return one line of text
   */
  public String text() {
    StringBuilder text = new StringBuilder();
    text.append(String.format(Locale.ROOT, "%,d rows read, %,d kept", read, kept));
    if (skipped > 0) {
      text.append(String.format(Locale.ROOT, "; %,d bad rows skipped", skipped));
    }
    text.append(String.format(Locale.ROOT, "; %,d prompts cut to fit %,d tokens", cut, maxLength));
    text.append(String.format(Locale.ROOT, "; %,d dropped", dropped));
    text.append(dropped > 0 ? " (" + reasons() + ")" : "");
    text.append(
        String.format(
            Locale.ROOT, "; %,d duplicates, %,d with identical sides.", duplicates, identical));
    if (kept > 0 && completionTokens.max() == 0) {
      text.append(" Tokens in a prompt: ").append(promptTokens.text()).append('.');
    } else if (kept > 0) {
      text.append(" Tokens in a row: ").append(rowTokens.text());
      text.append(" (prompt ").append(promptTokens.text());
      text.append("; completion ").append(completionTokens.text()).append(").");
    }
    return text.toString();
  }

  private String reasons() {
    return droppedWhy.entrySet().stream()
        .map(why -> why.getKey() + ": " + why.getValue())
        .collect(Collectors.joining(", "));
  }

  /**
   * Percentiles of lengths in tokens: the smallest length that at least so many of a hundred rows
   * don't exceed; all 0 where there are no rows.
   *
   * @param p50 the median
   * @param p90 of 90 in a hundred
   * @param p99 of 99 in a hundred
   * @param max the longest
   */
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record Lengths(int p50, int p90, int p99, int max) {

    static Lengths of(List<Integer> lengths) {
      int[] sorted = lengths.stream().mapToInt(Integer::intValue).sorted().toArray();
      return new Lengths(rank(sorted, 50), rank(sorted, 90), rank(sorted, 99), rank(sorted, 100));
    }

    private static int rank(int[] sorted, int percent) {
      int rank = (int) (((long) percent * sorted.length + 99) / 100);
      return sorted.length == 0 ? 0 : sorted[rank - 1];
    }

    private String text() {
      return String.format(Locale.ROOT, "median %,d, 90%% up to %,d, longest %,d", p50, p90, max);
    }
  }

  /** Counts rows one by one: {@link #read}, then {@link #kept} or {@link #dropped}. */
  public static final class Builder {

    private final int maxLength;
    private final List<BadRow> bad;
    private final Map<String, Integer> droppedWhy = new TreeMap<>();
    private final Set<List<String>> seen = new HashSet<>();
    private final List<Integer> prompts = new ArrayList<>();
    private final List<Integer> completions = new ArrayList<>();
    private final List<Integer> totals = new ArrayList<>();
    private int read;
    private int cut;
    private int identical;
    private int duplicates;

    /**
     * Begins to count.
     *
     * @param maxLength the most tokens that a row may have
     * @param bad the rows that were skipped
     */
    public Builder(int maxLength, List<BadRow> bad) {
      this.maxLength = maxLength;
      this.bad = List.copyOf(bad);
    }

    void read(Row row) {
      read++;
      duplicates += seen.add(texts(row)) ? 0 : 1;
      identical += row instanceof Comparison comparison && comparison.identical() ? 1 : 0;
    }

    void kept(int promptTokens, int completionTokens, int cutTokens) {
      prompts.add(promptTokens);
      completions.add(completionTokens);
      totals.add(promptTokens + completionTokens);
      cut += cutTokens > 0 ? 1 : 0;
    }

    void dropped(String why) {
      droppedWhy.merge(why, 1, Integer::sum);
    }

    /**
     * Ends the count.
     *
     * @return the report
     */
    public DataReport build() {
      return new DataReport(
          read,
          bad.size(),
          totals.size(),
          cut,
          droppedWhy.values().stream().mapToInt(Integer::intValue).sum(),
          new TreeMap<>(droppedWhy),
          identical,
          duplicates,
          maxLength,
          Lengths.of(prompts),
          Lengths.of(completions),
          Lengths.of(totals),
          bad.stream().limit(LISTED).map(BadRow::message).toList());
    }

    private static List<String> texts(Row row) {
      List<String> texts = new ArrayList<>(List.of(row.prompt()));
      if (row instanceof Demonstration demonstration) {
        texts.add(demonstration.completion());
      } else if (row instanceof Comparison comparison) {
        texts.addAll(comparison.completions());
      }
      return texts;
    }
  }
}
