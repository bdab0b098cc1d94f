package org.rlhf4j.studio.review;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.rlhf4j.studio.label.Answer;
import org.rlhf4j.studio.label.Item;

/**
 * An item that a reviewer is to settle.
 *
 * @param item the item
 * @param disagreement from 0, none, to 1
 * @param referrals of those who sent it to the reviewers
 * @param flags of annotators who say that something is wrong with it
 * @param answers that hold, one of each annotator
 */
public record ReviewItem(
    Item item,
    double disagreement,
    List<Remark> referrals,
    List<Remark> flags,
    List<Opinion> answers) {

  /** What was sent to the reviewers first, then what was flagged, then the most disagreement. */
  static final Comparator<ReviewItem> ORDER =
      Comparator.comparing((ReviewItem one) -> one.referrals().isEmpty())
          .thenComparing(one -> one.flags().isEmpty())
          .thenComparing(Comparator.comparingDouble(ReviewItem::disagreement).reversed())
          .thenComparing(one -> one.item().id());

  /**
   * Words of somebody.
   *
   * @param annotator their number
   * @param name what they are called, or null
   * @param reason what they say
   */
  public record Remark(long annotator, String name, String reason) {}

  /**
   * An answer of somebody.
   *
   * @param annotator their number
   * @param name what they are called, or null
   * @param answer what they say
   */
  public record Opinion(long annotator, String name, JsonNode answer) {}

  /** An item before anything is known of it. */
  static ReviewItem of(Item item) {
    return new ReviewItem(item, 0, new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
  }

  /** This one with its disagreement. */
  ReviewItem measured() {
    List<Answer> said = answers.stream().map(opinion -> new Answer(opinion.answer())).toList();
    return new ReviewItem(item, Disagreement.of(item, said), referrals, flags, answers);
  }

  /** Whether there is something to settle. */
  boolean isWanted() {
    return disagreement > 0 || !flags.isEmpty() || !referrals.isEmpty();
  }
}
