package org.rlhf4j.studio.agreement;

import static org.rlhf4j.studio.agreement.KrippendorffAlpha.Metric.NOMINAL;
import static org.rlhf4j.studio.agreement.KrippendorffAlpha.Metric.ORDINAL;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.rlhf4j.studio.label.Votes;

/**
 * How far the annotators of a project agree on its pairs, and what each of them leans to.
 *
 * @param annotators one each, by number
 * @param pairs two annotators with items in common
 * @param alphaOfChoice Krippendorff's α, nominal, of which is better, a tie or both bad; null where
 *     it isn't defined
 * @param alphaOfStrength the same, ordinal, of the strength with its side, from −4 to 4; ties are 0
 * @param intervalOfChoice the 95 % interval of the first, or null
 * @param intervalOfStrength that of the second, or null
 * @param shared items with answers of two annotators or more
 * @param periods those items in the order in which they were answered, in up to ten parts
 */
public record Agreement(
    List<OfAnnotator> annotators,
    List<OfPair> pairs,
    Double alphaOfChoice,
    Double alphaOfStrength,
    AlphaInterval intervalOfChoice,
    AlphaInterval intervalOfStrength,
    int shared,
    List<OfPeriod> periods) {

  private static final int PERIODS = 10;

  /** Fewer items say too little. */
  private static final int LEAST = 20;

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * One annotator.
   *
   * @param name what they are called
   * @param answers to pairs
   * @param left share of preferences for what stood on the left
   * @param longer share of preferences for the longer reply
   * @param seconds the median for an answer
   */
  public record OfAnnotator(String name, int answers, Double left, Double longer, double seconds) {}

  /**
   * Two annotators.
   *
   * @param first one of them
   * @param second the other
   * @param items that both answered
   * @param kappa Cohen's κ of which is better, a tie or both bad; null where it isn't defined
   */
  public record OfPair(String first, String second, int items, Double kappa) {}

  /**
   * Items that were answered one after the other.
   *
   * @param from when the first of them had its last answer, in milliseconds since 1970
   * @param until when the last of them had
   * @param items of two answers or more
   * @param alphaOfChoice α of these, or null where it isn't defined
   */
  public record OfPeriod(long from, long until, int items, Double alphaOfChoice) {}

  /**
   * What the verdicts that hold say.
   *
   * @param votes on pairs
   */
  public static Agreement of(List<Votes.Vote> votes) {
    Map<Long, List<Votes.Vote>> byAnnotator = new TreeMap<>();
    Map<Long, List<Votes.Vote>> byItem = new LinkedHashMap<>();
    for (Votes.Vote vote : votes) {
      byAnnotator.computeIfAbsent(vote.annotator(), key -> new ArrayList<>()).add(vote);
      byItem.computeIfAbsent(vote.item(), key -> new ArrayList<>()).add(vote);
    }
    List<List<Votes.Vote>> annotators = List.copyOf(byAnnotator.values());
    List<OfPair> pairs = new ArrayList<>();
    for (int i = 0; i < annotators.size(); i++) {
      for (int j = i + 1; j < annotators.size(); j++) {
        addPair(pairs, annotators.get(i), annotators.get(j));
      }
    }
    return new Agreement(
        annotators.stream().map(Agreement::annotator).toList(),
        pairs,
        finite(KrippendorffAlpha.of(values(byItem.values(), NOMINAL), NOMINAL)),
        finite(KrippendorffAlpha.of(values(byItem.values(), ORDINAL), ORDINAL)),
        AlphaInterval.of(values(byItem.values(), NOMINAL), NOMINAL),
        AlphaInterval.of(values(byItem.values(), ORDINAL), ORDINAL),
        (int) byItem.values().stream().filter(item -> item.size() > 1).count(),
        periods(byItem.values()));
  }

  private static List<OfPeriod> periods(Collection<List<Votes.Vote>> byItem) {
    List<List<Votes.Vote>> shared =
        byItem.stream()
            .filter(item -> item.size() > 1)
            .sorted(Comparator.comparingLong(Agreement::last))
            .toList();
    int parts = Math.min(PERIODS, shared.size() / LEAST);
    List<OfPeriod> periods = new ArrayList<>();
    for (int part = 0; part < parts; part++) {
      List<List<Votes.Vote>> some =
          shared.subList(part * shared.size() / parts, (part + 1) * shared.size() / parts);
      periods.add(
          new OfPeriod(
              last(some.get(0)),
              last(some.get(some.size() - 1)),
              some.size(),
              finite(KrippendorffAlpha.of(values(some, NOMINAL), NOMINAL))));
    }
    return periods;
  }

  private static long last(List<Votes.Vote> item) {
    return item.stream().mapToLong(Votes.Vote::time).max().orElseThrow();
  }

  private static void addPair(List<OfPair> pairs, List<Votes.Vote> first, List<Votes.Vote> second) {
    Map<Long, String> choices = new LinkedHashMap<>();
    first.forEach(vote -> choices.put(vote.item(), vote.choice()));
    List<String> ofFirst = new ArrayList<>();
    List<String> ofSecond = new ArrayList<>();
    for (Votes.Vote vote : second) {
      if (choices.containsKey(vote.item())) {
        ofFirst.add(choices.get(vote.item()));
        ofSecond.add(vote.choice());
      }
    }
    if (!ofFirst.isEmpty()) {
      pairs.add(
          new OfPair(
              first.get(0).name(),
              second.get(0).name(),
              ofFirst.size(),
              finite(CohenKappa.of(ofFirst, ofSecond))));
    }
  }

  private static List<List<Integer>> values(
      Collection<List<Votes.Vote>> byItem, KrippendorffAlpha.Metric metric) {
    boolean nominal = metric == NOMINAL;
    return byItem.stream()
        .map(
            item ->
                item.stream()
                    .filter(vote -> nominal || !vote.choice().equals(Votes.BOTH_BAD))
                    .map(vote -> nominal ? vote.category() : vote.signedStrength())
                    .toList())
        .toList();
  }

  private static OfAnnotator annotator(List<Votes.Vote> votes) {
    List<Votes.Vote> preferences = votes.stream().filter(Votes.Vote::isPreference).toList();
    List<Double> seconds = votes.stream().map(Votes.Vote::seconds).sorted().toList();
    List<Votes.Vote> unequal =
        preferences.stream().filter(vote -> vote.longer() != Votes.NEITHER).toList();
    return new OfAnnotator(
        votes.get(0).name(),
        votes.size(),
        share(preferences.stream().filter(Votes.Vote::isLeft).count(), preferences.size()),
        share(
            unequal.stream().filter(vote -> vote.longer() == vote.better()).count(),
            unequal.size()),
        seconds.get(seconds.size() / 2));
  }

  private static Double share(long some, int all) {
    return all == 0 ? null : (double) some / all;
  }

  private static Double finite(double value) {
    return Double.isFinite(value) ? value : null;
  }

  /** As JSON. */
  public JsonNode json() {
    return JSON.valueToTree(this);
  }
}
