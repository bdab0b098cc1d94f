package org.rlhf4j.studio.review;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.rlhf4j.reward.Wilson;
import org.rlhf4j.studio.label.Labelling;
import org.rlhf4j.studio.label.Project;
import org.rlhf4j.studio.store.Store;

/**
 * How often an annotator is right about gold items. Edited replies say nothing about it.
 *
 * @param annotator the annotator's number
 * @param name what they are called, or null
 * @param answered gold items
 * @param right of these, with the right answer
 * @param low the lower end of the share's 95 % Wilson interval
 * @param high its upper end
 * @param found {@code contrary} if the interval lies below one half, what guessing brings; else
 *     {@code careless} if it lies below three quarters; else empty. So nobody is named because of
 *     too few answers
 */
public record GoldAccuracy(
    long annotator, String name, int answered, int right, double low, double high, String found) {

  private static final double GUESSING = 0.5;

  /** Half-way from guessing to always right. */
  private static final double LITTLE = 0.75;

  /** From how many of so many answers are right. */
  static GoldAccuracy of(long annotator, String name, int answered, int right) {
    Wilson interval = Wilson.of(right, answered);
    String found =
        interval.high() < GUESSING ? "contrary" : interval.high() < LITTLE ? "careless" : "";
    return new GoldAccuracy(
        annotator, name, answered, right, interval.low(), interval.high(), found);
  }

  private record Vote(long annotator, String name, boolean right) {}

  /** Of each annotator who has answered one. */
  public static List<GoldAccuracy> of(Store store, Project project) {
    Map<Long, List<Vote>> byAnnotator = new TreeMap<>();
    for (Vote vote : votes(store, project)) {
      byAnnotator.computeIfAbsent(vote.annotator(), key -> new ArrayList<>()).add(vote);
    }
    return byAnnotator.values().stream().map(GoldAccuracy::of).toList();
  }

  private static GoldAccuracy of(List<Vote> votes) {
    int right = (int) votes.stream().filter(Vote::right).count();
    return of(votes.get(0).annotator(), votes.get(0).name(), votes.size(), right);
  }

  private static List<Vote> votes(Store store, Project project) {
    return store.read(
        handle ->
            handle
                .createQuery(
                    "SELECT verdict.annotator_id, annotator.name, verdict.answer, item.gold"
                        + " FROM standing JOIN verdict ON verdict.id = standing.verdict_id"
                        + " JOIN item ON item.id = standing.item_id"
                        + " JOIN annotator ON annotator.id = verdict.annotator_id"
                        + " WHERE item.project_id = :project AND item.gold IS NOT NULL"
                        + " AND verdict.act = 'answer'")
                .bind("project", project.id())
                .map(
                    (row, context) -> {
                      JsonNode better = Labelling.json(row.getString("answer")).path("better");
                      JsonNode gold = Labelling.json(row.getString("gold")).path("better");
                      return better.asText().equals("edited")
                          ? null
                          : new Vote(
                              row.getLong("annotator_id"),
                              row.getString("name"),
                              better.equals(gold));
                    })
                .list()
                .stream()
                .filter(vote -> vote != null)
                .toList());
  }
}
