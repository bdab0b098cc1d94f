package org.rlhf4j.data.row;

import static org.rlhf4j.data.row.FieldNames.COMPLETIONS;
import static org.rlhf4j.data.row.FieldNames.PROMPT;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.rlhf4j.data.file.Fields;

/**
 * Completions with scores: a list of numbers beside them, or a number in each. They become a
 * ranking, best first. Completions of one score can't be told apart, so the first of them stands
 * for all.
 */
final class Scores {

  private static final List<String> BESIDE =
      List.of("scores", "score", "ratings", "rating", "rewards", "overall_scores");
  private static final List<String> RANKS = List.of("ranks", "rank", "ranking");
  private static final List<String> WITHIN = List.of("overall_score", "score", "rating");
  private static final List<String> TEXTS =
      List.of("response", "completion", "text", "content", "answer", "output");
  private static final String INSTRUCTION = "instruction";

  private record Scored(JsonNode completion, double score) {}

  private Scores() {}

  /** Whether a row's completions have scores. */
  static boolean areIn(Fields row) {
    return beside(row).isPresent() || isWithin(row);
  }

  private static Optional<String> beside(Fields row) {
    return Stream.concat(BESIDE.stream(), RANKS.stream())
        .filter(name -> row.value(name).isArray())
        .findFirst();
  }

  private static boolean isWithin(Fields row) {
    JsonNode first = row.value(COMPLETIONS).path(0);
    return first.isObject() && WITHIN.stream().anyMatch(first::has);
  }

  /** The row as a ranking, best first. */
  static Fields ranked(Fields row, Set<String> read, RowNotes notes) {
    read.addAll(List.of(PROMPT, COMPLETIONS));
    Fields prompted = row;
    if (!row.has(PROMPT) && row.says(INSTRUCTION)) {
      read.add(INSTRUCTION);
      prompted = row.with(PROMPT, row.value(INSTRUCTION), INSTRUCTION);
    }
    List<Scored> all =
        beside(row).map(name -> beside(row, name, read)).orElseGet(() -> within(row));
    all.sort(Comparator.comparingDouble(Scored::score).reversed());
    ArrayNode best = JsonNodeFactory.instance.arrayNode();
    for (int i = 0; i < all.size(); i++) {
      if (i == 0 || all.get(i).score() != all.get(i - 1).score()) {
        best.add(all.get(i).completion());
      }
    }
    if (best.size() < all.size()) {
      notes.remark("have completions of one score, of which the first is taken");
    }
    if (best.size() < 2) {
      throw row.bad(
          "all completions have the same score, so none is better; leave the row out, or skip it"
              + " with --on-bad-row skip");
    }
    return prompted.with(COMPLETIONS, best, COMPLETIONS);
  }

  private static List<Scored> beside(Fields row, String name, Set<String> read) {
    read.add(name);
    JsonNode completions = row.value(COMPLETIONS);
    JsonNode scores = row.value(name);
    if (completions.size() != scores.size()) {
      throw row.bad(
          "%s %s for %s completions; give one for each"
              .formatted(scores.size() + "", name, completions.size() + ""));
    }
    int sign = RANKS.contains(name) ? -1 : 1;
    List<Scored> all = new ArrayList<>();
    for (int i = 0; i < scores.size(); i++) {
      all.add(new Scored(text(completions.get(i)), sign * finite(row, name, scores.get(i))));
    }
    return all;
  }

  private static List<Scored> within(Fields row) {
    JsonNode completions = row.value(COMPLETIONS);
    String name = WITHIN.stream().filter(completions.path(0)::has).findFirst().orElseThrow();
    List<Scored> all = new ArrayList<>();
    for (JsonNode completion : completions) {
      all.add(new Scored(text(completion), finite(row, name, completion.path(name))));
    }
    return all;
  }

  /** The text of a completion that is an object with more in it. */
  private static JsonNode text(JsonNode completion) {
    if (!completion.isObject() || completion.has("role")) {
      return completion;
    }
    return TEXTS.stream()
        .map(completion::path)
        .filter(JsonNode::isTextual)
        .findFirst()
        .orElse(completion);
  }

  private static double finite(Fields row, String name, JsonNode value) {
    double number = number(value);
    if (!Double.isFinite(number)) {
      throw Fields.wrong(name, "a finite number", value, row.place(name));
    }
    return number;
  }

  /** A number, as such or as text; NaN where it is none. */
  static double number(JsonNode value) {
    try {
      return value.isNumber() ? value.doubleValue() : Double.parseDouble(value.asText().strip());
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }
}
