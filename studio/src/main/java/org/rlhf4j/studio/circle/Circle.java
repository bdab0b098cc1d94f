package org.rlhf4j.studio.circle;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.rlhf4j.reward.CalibrationBin;

/**
 * A reward model held against the labels of a project. Of each two completions the majority of
 * those who said something about them counts; if as many say the contrary, nobody does.
 *
 * @param groups three kinds of pairs: drawn at random and new to the model, which is what an
 *     unbiased accuracy needs; chosen by a model and new to this one; and those that it has learnt
 *     from
 * @param onNew whether what follows is of new pairs alone
 * @param annotators the single labels of each annotator
 * @param strengths the single labels of each strength
 * @param calibration how often the model is right against how sure it is
 * @param calibrationError the expected calibration error; null without pairs
 * @param ties answers without a preference
 * @param edited edited replies, which aren't scored
 * @param disagreed pairs on which as many say the contrary
 * @param unfit pairs that don't fit the model
 * @param unscored pairs that have no scores yet
 */
public record Circle(
    List<Share> groups,
    boolean onNew,
    List<Share> annotators,
    List<Share> strengths,
    List<CalibrationBin> calibration,
    Double calibrationError,
    int ties,
    int edited,
    int disagreed,
    int unfit,
    int unscored) {

  /** How an item is chosen if no model has a say in it. */
  static final String RANDOM = "random";

  private static final List<String> STRENGTHS =
      List.of("part of a ranking", "hardly better", "slightly better", "better", "much better");

  /**
   * What people say together about two completions, and how the model's scores of them differ.
   *
   * @param label that of the majority
   * @param margin the score of the better completion less that of the worse one
   * @param votes how many say so
   * @param others how many say the contrary
   */
  record Judged(PairLabel label, double margin, int votes, int others) {}

  /** What the figures are made of. */
  static final class Pairs {
    final List<Judged> judged = new ArrayList<>();
    final List<PairLabel> single = new ArrayList<>();
    int disagreed;
    int unfit;
    int unscored;
  }

  /** Puts labels and scores together. */
  static Pairs join(List<PairLabel> labels, Map<Long, double[]> scores) {
    Map<PairLabel.Pair, List<PairLabel>> byPair = new LinkedHashMap<>();
    labels.forEach(
        label -> byPair.computeIfAbsent(label.pair(), pair -> new ArrayList<>()).add(label));
    Pairs pairs = new Pairs();
    byPair.forEach((pair, said) -> add(pairs, pair, said, scores.get(pair.item())));
    return pairs;
  }

  private static void add(Pairs pairs, PairLabel.Pair pair, List<PairLabel> said, double[] scores) {
    if (scores == null) {
      pairs.unscored++;
      return;
    }
    if (scores.length == 0) {
      pairs.unfit++;
      return;
    }
    pairs.single.addAll(said);
    List<PairLabel> forFirst =
        said.stream().filter(label -> label.better() == pair.first()).toList();
    int forSecond = said.size() - forFirst.size();
    if (forFirst.size() == forSecond) {
      pairs.disagreed++;
      return;
    }
    boolean first = forFirst.size() > forSecond;
    PairLabel label =
        said.stream().filter(one -> (one.better() == pair.first()) == first).findFirst().get();
    int votes = Math.max(forFirst.size(), forSecond);
    pairs.judged.add(new Judged(label, margin(label, scores), votes, said.size() - votes));
  }

  private static double margin(PairLabel label, double[] scores) {
    return scores[label.better()] - scores[label.worse()];
  }

  /**
   * Works the figures out.
   *
   * @param labels the project's
   * @param scores the model's, by item
   * @param learnt the items that the model has learnt from
   * @param all whether the parts are of all pairs; else of those that are new to the model, if
   *     there are any
   */
  static Circle of(PairLabels labels, Map<Long, double[]> scores, Set<Long> learnt, boolean all) {
    Pairs pairs = join(labels.labels(), scores);
    Predicate<PairLabel> isNew = label -> !learnt.contains(label.item());
    boolean onNew = !all && pairs.judged.stream().anyMatch(pair -> isNew.test(pair.label()));
    Predicate<PairLabel> counts = label -> !onNew || isNew.test(label);
    double[] margins =
        pairs.judged.stream()
            .filter(pair -> counts.test(pair.label()))
            .mapToDouble(Judged::margin)
            .toArray();
    List<CalibrationBin> calibration = CalibrationBin.of(margins);
    List<PairLabel> single = pairs.single.stream().filter(counts).toList();
    return new Circle(
        groups(pairs.judged, isNew),
        onNew,
        annotators(single, scores),
        strengths(single, scores),
        calibration,
        margins.length == 0 ? null : CalibrationBin.expectedError(calibration),
        labels.ties(),
        labels.edited(),
        pairs.disagreed,
        pairs.unfit,
        pairs.unscored);
  }

  private static List<Share> groups(List<Judged> judged, Predicate<PairLabel> isNew) {
    Predicate<PairLabel> isRandom = label -> label.chosenBy().equals(RANDOM);
    return List.of(
        share("new-random", judged, isNew.and(isRandom)),
        share("new-chosen", judged, isNew.and(isRandom.negate())),
        share("learnt", judged, isNew.negate()));
  }

  private static Share share(String name, List<Judged> judged, Predicate<PairLabel> which) {
    return Share.of(
        name,
        judged.stream().filter(pair -> which.test(pair.label())).map(Judged::margin).toList());
  }

  private static List<Share> annotators(List<PairLabel> labels, Map<Long, double[]> scores) {
    Map<Long, String> names = new TreeMap<>();
    Map<Long, List<Double>> margins = new TreeMap<>();
    for (PairLabel label : labels) {
      names.put(label.annotator(), label.name());
      margins
          .computeIfAbsent(label.annotator(), any -> new ArrayList<>())
          .add(margin(label, scores.get(label.item())));
    }
    return margins.entrySet().stream()
        .map(entry -> Share.of(names.get(entry.getKey()), entry.getValue()))
        .toList();
  }

  private static List<Share> strengths(List<PairLabel> labels, Map<Long, double[]> scores) {
    List<Share> shares = new ArrayList<>();
    for (int strength = STRENGTHS.size() - 1; strength >= 0; strength--) {
      int wanted = strength;
      List<Double> margins =
          labels.stream()
              .filter(label -> label.strength() == wanted)
              .map(label -> margin(label, scores.get(label.item())))
              .toList();
      if (!margins.isEmpty()) {
        shares.add(Share.of(STRENGTHS.get(strength), margins));
      }
    }
    return shares;
  }
}
