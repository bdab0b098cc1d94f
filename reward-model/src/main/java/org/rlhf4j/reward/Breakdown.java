package org.rlhf4j.reward;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.rlhf4j.data.row.Comparison;

/**
 * The accuracy on parts of the pairs.
 *
 * @param by what tells the parts apart
 * @param parts none of them empty; of numbers ascending, of names the largest first
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record Breakdown(String by, List<Part> parts) {

  private static final int QUARTERS = 4;

  /** Names that are shown; the rarer ones are one part. */
  private static final int NAMES = 20;

  private static final String OTHERS = "(others)";

  /**
   * Some of the pairs.
   *
   * @param name which
   * @param accuracy the reward model's
   * @param lengthAccuracy that of preferring the completion of more tokens
   */
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record Part(String name, @JsonUnwrapped Accuracy accuracy, double lengthAccuracy) {

    private static Part of(String name, List<JudgedPair> pairs) {
      return new Part(
          name,
          Accuracy.of(pairs, JudgedPair::right),
          Accuracy.of(pairs, JudgedPair::rightByLength).accuracy());
    }
  }

  /** Keeps a copy. */
  public Breakdown {
    parts = List.copyOf(parts);
  }

  /**
   * All breakdowns that tell anything: one of a single part doesn't.
   *
   * @param pairs at least one
   * @param columns names of fields that the rows carry
   */
  static List<Breakdown> of(List<JudgedPair> pairs, List<String> columns) {
    List<Breakdown> all = new ArrayList<>();
    columns.forEach(column -> all.add(byName(column, pairs, pair -> column(pair, column))));
    all.add(byName("file", pairs, pair -> pair.row().location().file()));
    all.add(byNumber("score difference", "%.2f", pairs, pair -> Math.abs(pair.difference())));
    all.add(byNumber("margin", "%.2f", pairs, pair -> pair.row().margin()));
    all.add(byNumber("length difference", "%+.0f", pairs, JudgedPair::lengthDifference));
    all.add(byNumber("prompt length", "%.0f", pairs, pair -> pair.row().tree().prompt().length));
    return all.stream().filter(one -> one.parts().size() > 1).toList();
  }

  private static String column(JudgedPair pair, String column) {
    return ((Comparison) pair.row().row()).columns().get(column);
  }

  /** Quarters of the pairs by a number; equal numbers are never parted. */
  static Breakdown byNumber(
      String by, String format, List<JudgedPair> pairs, ToDoubleFunction<JudgedPair> number) {
    List<JudgedPair> sorted = pairs.stream().sorted(Comparator.comparingDouble(number)).toList();
    List<Part> parts = new ArrayList<>();
    int begin = 0;
    for (int quarter = 1; quarter <= QUARTERS; quarter++) {
      int end = Math.max(begin, (int) ((long) sorted.size() * quarter / QUARTERS));
      while (end > begin
          && end < sorted.size()
          && number.applyAsDouble(sorted.get(end)) == number.applyAsDouble(sorted.get(end - 1))) {
        end++;
      }
      if (end > begin) {
        double least = number.applyAsDouble(sorted.get(begin));
        double most = number.applyAsDouble(sorted.get(end - 1));
        parts.add(Part.of(range(format, least, most), sorted.subList(begin, end)));
      }
      begin = end;
    }
    return new Breakdown(by, parts);
  }

  private static String range(String format, double least, double most) {
    String from = String.format(Locale.ROOT, format, least);
    return least == most ? from : from + " to " + String.format(Locale.ROOT, format, most);
  }

  /** The pairs by a name, the most frequent names first. */
  static Breakdown byName(String by, List<JudgedPair> pairs, Function<JudgedPair, String> name) {
    Map<String, List<JudgedPair>> named = new LinkedHashMap<>();
    pairs.forEach(
        pair -> named.computeIfAbsent(name.apply(pair), any -> new ArrayList<>()).add(pair));
    List<Map.Entry<String, List<JudgedPair>>> largestFirst =
        named.entrySet().stream()
            .sorted(Comparator.comparingInt(entry -> -entry.getValue().size()))
            .toList();
    List<Part> parts = new ArrayList<>();
    largestFirst.stream()
        .limit(NAMES)
        .forEach(entry -> parts.add(Part.of(entry.getKey(), entry.getValue())));
    List<JudgedPair> others =
        largestFirst.stream().skip(NAMES).flatMap(entry -> entry.getValue().stream()).toList();
    if (!others.isEmpty()) {
      parts.add(Part.of(OTHERS, others));
    }
    return new Breakdown(by, parts);
  }
}
