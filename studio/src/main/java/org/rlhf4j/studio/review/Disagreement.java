package org.rlhf4j.studio.review;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.rlhf4j.studio.label.Answer;
import org.rlhf4j.studio.label.Item;
import org.rlhf4j.studio.label.ItemKind;

/**
 * How far the answers to one item disagree: the share of the pairs of annotators who say different
 * things. With n_c of m annotators saying c,
 *
 * <pre>
 *   1 − Σ n_c (n_c − 1) / (m (m − 1))
 * </pre>
 *
 * Of a pair of completions, what is said is which is better, a tie, or both bad; edited replies say
 * nothing about it. Of a ranking it is the mean over its pairs of completions.
 */
final class Disagreement {

  private Disagreement() {}

  /**
   * The disagreement.
   *
   * @param item about what
   * @param answers one of each annotator
   * @return from 0 to 1; 0 if fewer than two say something
   */
  static double of(Item item, List<Answer> answers) {
    if (item.kind() == ItemKind.RANK) {
      return ofRankings(item.completions().size(), answers);
    }
    return item.kind() == ItemKind.WRITE
        ? 0
        : of(
            answers.stream()
                .filter(answer -> !answer.says("edited"))
                .map(answer -> answer.json().path("better").asText())
                .toList());
  }

  private static double ofRankings(int completions, List<Answer> answers) {
    double sum = 0;
    for (int first = 0; first < completions; first++) {
      for (int second = first + 1; second < completions; second++) {
        int one = first;
        int other = second;
        sum += of(answers.stream().map(answer -> order(answer, one, other)).toList());
      }
    }
    return sum / (completions * (completions - 1) / 2.0);
  }

  private static String order(Answer answer, int first, int second) {
    return String.valueOf(Integer.signum(place(answer, first) - place(answer, second)));
  }

  private static int place(Answer answer, int completion) {
    int place = 0;
    while (!answer.order().get(place).contains(completion)) {
      place++;
    }
    return place;
  }

  /** Of what each annotator says. */
  static double of(List<String> said) {
    int annotators = said.size();
    if (annotators < 2) {
      return 0;
    }
    Map<String, Integer> counts = new HashMap<>();
    said.forEach(one -> counts.merge(one, 1, Integer::sum));
    double same = 0;
    for (int count : counts.values()) {
      same += count * (count - 1.0);
    }
    return 1 - same / (annotators * (annotators - 1.0));
  }
}
