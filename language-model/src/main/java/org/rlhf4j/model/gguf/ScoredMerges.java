package org.rlhf4j.model.gguf;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The merges that a SentencePiece vocabulary stands for. SentencePiece joins the two neighbouring
 * pieces whose joined piece has the highest score; as a list of merges that is each way of cutting
 * a piece into two, by falling score.
 */
final class ScoredMerges {
  private record Merge(String left, String right, double score) {}

  private ScoredMerges() {}

  /**
   * Lists the merges.
   *
   * @param scores of each piece, in the vocabulary's order
   * @return pairs of pieces, first those that are joined first
   */
  static List<List<String>> of(Map<String, Double> scores) {
    Map<String, Integer> places = new HashMap<>();
    scores.keySet().forEach(piece -> places.put(piece, places.size()));
    List<Merge> merges = new ArrayList<>();
    scores.forEach((piece, score) -> merges.addAll(cuts(piece, score, places)));
    merges.sort(
        Comparator.comparingDouble(Merge::score)
            .thenComparingInt(merge -> merge.left().codePointCount(0, merge.left().length()))
            .thenComparingInt(merge -> merge.right().codePointCount(0, merge.right().length()))
            .reversed());
    return merges.stream().map(merge -> List.of(merge.left(), merge.right())).toList();
  }

  private static List<Merge> cuts(String piece, double score, Map<String, Integer> places) {
    List<Merge> cuts = new ArrayList<>();
    for (int at = piece.offsetByCodePoints(0, piece.isEmpty() ? 0 : 1);
        at < piece.length();
        at = piece.offsetByCodePoints(at, 1)) {
      String left = piece.substring(0, at);
      String right = piece.substring(at);
      if (places.containsKey(left) && places.containsKey(right)) {
        cuts.add(new Merge(left, right, score));
      }
    }
    cuts.sort(
        Comparator.comparingInt((Merge cut) -> places.get(cut.left()))
            .thenComparingInt(cut -> places.get(cut.right())));
    return cuts;
  }

  /** Scores by piece; of a piece that is there twice the last counts. */
  static Map<String, Double> scores(List<String> pieces, List<Double> scores) {
    Map<String, Double> byPiece = new LinkedHashMap<>();
    for (int i = 0; i < pieces.size(); i++) {
      byPiece.put(pieces.get(i), scores.get(i));
    }
    return byPiece;
  }
}
