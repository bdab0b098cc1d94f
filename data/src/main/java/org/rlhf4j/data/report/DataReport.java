package org.rlhf4j.data.report;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.rlhf4j.data.file.BadRow;
import org.rlhf4j.data.row.Comparison;
import org.rlhf4j.data.row.FileRows;
import org.rlhf4j.data.row.Row;
import org.rlhf4j.data.row.Rows;
import org.rlhf4j.settings.UserException;

/**
 * What became of the rows that were read: {@code read = kept + dropped}. Jackson writes it with
 * names in snake_case.
 *
 * @param forms good rows by the fields that told their form, where that is known; of one file with
 *     a held-out share they are all on the training side
 * @param files how the good rows were read, file by file, where that is known
 * @param read good rows
 * @param skipped bad rows left out
 * @param kept rows that go on
 * @param cut rows among those whose prompt lost its beginning
 * @param cutTrainedTokens tokens that this took from what is trained on: some where the prompt is
 *     trained on too
 * @param cutDialogues rows among those that lost turns at their end
 * @param cutTurns the assistant's turns that they lost
 * @param dropped rows left out because of their length
 * @param droppedWhy those by reason
 * @param identical comparisons whose sides are the same text
 * @param emptyAnswers rows with a completion that says nothing
 * @param endInUser rows with a completion whose last turn is the user's
 * @param duplicates rows that repeat an earlier one
 * @param ended the share of the rows read that are kept and whose completions all end in a stop id
 *     that is trained on and scored; 0 where there are no rows
 * @param maxLength the most tokens that a row may have
 * @param promptTokens lengths of the kept prompts, after the cut
 * @param completionTokens lengths of the longest completion of each kept row, its end included
 * @param rowTokens lengths of both together
 * @param skippedRows the first ten of the bad rows, as file:line:column and reason
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record DataReport(
    Map<String, Integer> forms,
    List<FileRows> files,
    int read,
    int skipped,
    int kept,
    int cut,
    long cutTrainedTokens,
    int cutDialogues,
    int cutTurns,
    int dropped,
    Map<String, Integer> droppedWhy,
    int identical,
    int emptyAnswers,
    int endInUser,
    int duplicates,
    double ended,
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
              "%d of %d rows would be dropped (%s), which is more than --max-dropped %s allows;"
                  + " raise --max-length (%d) or --max-dropped",
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
                "all %d rows dropped (%s); raise --max-length (%d)",
                dropped,
                reasons(),
                maxLength)
            : "no rows are left to train on; check --data and --eval-fraction");
  }

  /**
   * Describes the rows in a paragraph.
   *
   * @return one line of text
   */
  public String text() {
    StringBuilder text = new StringBuilder();
    text.append(String.format(Locale.ROOT, "%,d rows read, %,d kept", read, kept));
    if (!forms.isEmpty()) {
      text.append(" (").append(counts(forms, " of ")).append(')');
    }
    if (skipped > 0) {
      text.append(String.format(Locale.ROOT, "; %,d bad rows skipped", skipped));
    }
    text.append(String.format(Locale.ROOT, "; %,d prompts cut to fit %,d tokens", cut, maxLength));
    if (cutTrainedTokens > 0) {
      text.append(String.format(Locale.ROOT, ", %,d tokens not trained on", cutTrainedTokens));
    }
    if (cutDialogues > 0) {
      text.append(
          String.format(
              Locale.ROOT,
              "; %,d dialogues cut after a turn, %,d turns lost",
              cutDialogues,
              cutTurns));
    }
    text.append(String.format(Locale.ROOT, "; %,d dropped", dropped));
    text.append(dropped > 0 ? " (" + reasons() + ")" : "");
    if (completionTokens.max() > 0) {
      text.append(String.format(Locale.ROOT, "; the end is kept in %.1f %%", 100 * ended));
    }
    text.append(
        String.format(
            Locale.ROOT, "; %,d duplicates, %,d with identical sides", duplicates, identical));
    text.append(emptyAnswers > 0 ? count(", %,d with an empty answer", emptyAnswers) : "");
    text.append(endInUser > 0 ? count(", %,d that end in the user's turn", endInUser) : "");
    text.append('.');
    if (kept > 0 && completionTokens.max() == 0) {
      text.append(" Tokens in a prompt: ").append(promptTokens.text()).append('.');
    } else if (kept > 0) {
      text.append(" Tokens in a row: ").append(rowTokens.text());
      text.append(" (prompt ").append(promptTokens.text());
      text.append("; completion ").append(completionTokens.text()).append(").");
    }
    return text.toString();
  }

  /**
   * Describes the rows, and lists the first of those that were skipped.
   *
   * @param title what rows they are
   * @return lines without line breaks
   */
  public List<String> lines(String title) {
    List<String> lines = new ArrayList<>(List.of(title + ": " + text()));
    files.stream()
        .filter(file -> files.size() > 1 || file.saysMore())
        .forEach(file -> lines.add("  " + file.text()));
    skippedRows.forEach(row -> lines.add("  skipped: " + row));
    if (skipped > skippedRows.size()) {
      lines.add(String.format(Locale.ROOT, "  … and %,d more", skipped - skippedRows.size()));
    }
    return lines;
  }

  private static String count(String sentence, int rows) {
    return String.format(Locale.ROOT, sentence, rows);
  }

  private String reasons() {
    return droppedWhy.entrySet().stream()
        .map(why -> why.getKey() + ": " + why.getValue())
        .collect(Collectors.joining(", "));
  }

  private static String counts(Map<String, Integer> counts, String between) {
    return counts.entrySet().stream()
        .map(
            count -> String.format(Locale.ROOT, "%,d", count.getValue()) + between + count.getKey())
        .collect(Collectors.joining("; "));
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

    /** Of a count of rows by their length. */
    static Lengths of(int[] counts) {
      return new Lengths(rank(counts, 50), rank(counts, 90), rank(counts, 99), rank(counts, 100));
    }

    private static int rank(int[] counts, int percent) {
      long rows = IntStream.of(counts).asLongStream().sum();
      long rank = (percent * rows + 99) / 100;
      int length = 0;
      for (long seen = counts[0]; seen < rank; seen += counts[length]) {
        length++;
      }
      return length;
    }

    private String text() {
      return String.format(Locale.ROOT, "median %,d, 90%% up to %,d, longest %,d", p50, p90, max);
    }
  }

  /** Counts rows one by one: {@link #read}, then {@link #kept} or {@link #dropped}. */
  public static final class Builder {

    private final int maxLength;
    private final List<String> skippedRows = new ArrayList<>();
    private final List<FileRows> files = new ArrayList<>();
    private final Map<String, Integer> droppedWhy = new TreeMap<>();
    private final TextHashes seen = new TextHashes();
    private final int[] prompts;
    private final int[] completions;
    private final int[] totals;
    private BadRow firstBad;
    private int read;
    private int skipped;
    private int kept;
    private int ended;
    private int cut;
    private long cutTrainedTokens;
    private int cutDialogues;
    private int cutTurns;
    private int identical;
    private int emptyAnswers;
    private int endInUser;
    private int duplicates;

    /**
     * Begins to count.
     *
     * @param maxLength the most tokens that a row may have
     */
    public Builder(int maxLength) {
      this.maxLength = maxLength;
      this.prompts = new int[maxLength + 1];
      this.completions = new int[maxLength + 1];
      this.totals = new int[maxLength + 1];
    }

    /**
     * Begins to count.
     *
     * @param maxLength the most tokens that a row may have
     * @param bad the rows that were skipped
     */
    public Builder(int maxLength, List<BadRow> bad) {
      this(maxLength);
      bad.forEach(this::skipped);
    }

    /**
     * Counts a bad row that is left out.
     *
     * @param row the row
     */
    public void skipped(BadRow row) {
      firstBad = firstBad == null ? row : firstBad;
      skipped++;
      if (skipped <= LISTED) {
        skippedRows.add(row.message());
      }
    }

    /** The failure where no row was good. */
    public UserException noneGood() {
      return Rows.noneGood(skipped, firstBad);
    }

    /** Takes how the good rows were read. */
    public void files(List<FileRows> some) {
      files.addAll(some);
    }

    /** Counts a good row. */
    public void read(Row row) {
      read++;
      duplicates += seen.add(TextHashes.of(row)) ? 0 : 1;
      identical += row instanceof Comparison comparison && comparison.identical() ? 1 : 0;
      emptyAnswers += Answers.anyEmpty(row) ? 1 : 0;
      endInUser += Answers.anyEndsInUser(row) ? 1 : 0;
    }

    /**
     * Counts that the row that was read last goes on.
     *
     * @param promptTokens the prompt's length after the cut
     * @param completionTokens the longest completion's length, its end included
     * @param cutTokens how many tokens the prompt lost
     */
    public void kept(int promptTokens, int completionTokens, int cutTokens) {
      kept++;
      prompts[promptTokens]++;
      completions[completionTokens]++;
      totals[promptTokens + completionTokens]++;
      cut += cutTokens > 0 ? 1 : 0;
    }

    /** Says of the row that was kept last that all its completions end in a stop id. */
    public void ended() {
      ended++;
    }

    /** Says of the row that was kept last that it lost tokens that would be trained on. */
    public void cutTrained(int tokens) {
      cutTrainedTokens += tokens;
    }

    /** Says of the row that was kept last how many of the assistant's turns it lost at its end. */
    public void cutTurns(int turns) {
      cutDialogues += turns > 0 ? 1 : 0;
      cutTurns += turns;
    }

    /** Counts that the row that was read last is left out, and why. */
    public void dropped(String why) {
      droppedWhy.merge(why, 1, Integer::sum);
    }

    /**
     * Ends the count.
     *
     * @return the report
     */
    public DataReport build() {
      return new DataReport(
          Collections.unmodifiableMap(FileRows.forms(files)),
          List.copyOf(files),
          read,
          skipped,
          kept,
          cut,
          cutTrainedTokens,
          cutDialogues,
          cutTurns,
          droppedWhy.values().stream().mapToInt(Integer::intValue).sum(),
          new TreeMap<>(droppedWhy),
          identical,
          emptyAnswers,
          endInUser,
          duplicates,
          read == 0 ? 0 : (double) ended / read,
          maxLength,
          Lengths.of(prompts),
          Lengths.of(completions),
          Lengths.of(totals),
          List.copyOf(skippedRows));
    }
  }
}
