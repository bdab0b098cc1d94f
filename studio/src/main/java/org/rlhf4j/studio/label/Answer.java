package org.rlhf4j.studio.label;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.rlhf4j.settings.UsageException;

/**
 * What an annotator says about an item. Completions are numbered as the item has them, from 0,
 * wherever they stood on the page. In JSON:
 *
 * <pre>
 *   compare  {"better": 0, "strength": 3}   strength from 1, hardly better, to 4, much better
 *            {"better": "tie"}  {"better": "both-bad"}
 *            {"better": "edited", "of": 1, "text": "…"}   an edited reply, which beats its original
 *   rank     {"order": [[2], [0, 1]]}       best first, ties together
 *   write    {"text": "…"}
 * </pre>
 *
 * @param json with these fields, and perhaps a {@code comment}
 */
public record Answer(JsonNode json) {

  /** The strongest preference. */
  public static final int STRONGEST = 4;

  private static final int LONGEST_COMMENT = 10_000;
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Reads what a page sent, and keeps only what an answer has.
   *
   * @param item what it is about
   * @param given what was sent
   * @throws UsageException if it isn't an answer to this item
   */
  static Answer of(Item item, JsonNode given) {
    ObjectNode answer = JSON.createObjectNode();
    switch (item.kind()) {
      case COMPARE -> compare(item, given, answer);
      case RANK -> answer.set("order", order(given.path("order"), item.completions().size()));
      case WRITE -> answer.put("text", text(given.path("text")));
    }
    addComment(given, answer);
    return new Answer(answer);
  }

  /** What goes with an item that isn't answered: a comment or a reason. */
  static Answer without(JsonNode given) {
    ObjectNode answer = JSON.createObjectNode();
    addComment(given, answer);
    return new Answer(answer);
  }

  private static void compare(Item item, JsonNode given, ObjectNode answer) {
    JsonNode better = given.path("better");
    if (better.isIntegralNumber()) {
      answer.put("better", index(better, item));
      int strength = given.path("strength").asInt();
      require(strength >= 1 && strength <= STRONGEST, "strength is a whole number from 1 to 4");
      answer.put("strength", strength);
    } else if (better.asText().equals("edited")) {
      answer.put("better", "edited").put("of", index(given.path("of"), item));
      answer.put("text", text(given.path("text")));
      boolean changed =
          !answer.get("text").equals(item.completions().get(answer.get("of").intValue()));
      require(changed, "the edited reply is the same as before");
    } else {
      require(
          List.of("tie", "both-bad").contains(better.asText()),
          "better is 0, 1, tie, both-bad or edited");
      answer.put("better", better.asText());
    }
  }

  private static int index(JsonNode given, Item item) {
    boolean known =
        given.isInt() && given.intValue() >= 0 && given.intValue() < item.completions().size();
    require(known, "no completion has this number");
    return given.intValue();
  }

  private static ArrayNode order(JsonNode given, int completions) {
    ArrayNode order = JSON.createArrayNode();
    Set<Integer> seen = new HashSet<>();
    for (JsonNode group : given) {
      ArrayNode tied = JSON.createArrayNode();
      for (JsonNode index : group) {
        require(
            index.isInt() && index.intValue() >= 0 && index.intValue() < completions,
            "order names an unknown completion");
        require(seen.add(index.intValue()), "order names a completion twice");
        tied.add(index.intValue());
      }
      if (!tied.isEmpty()) {
        order.add(tied);
      }
    }
    require(seen.size() == completions, "order leaves a completion out");
    return order;
  }

  private static String text(JsonNode given) {
    require(given.isTextual() && !given.textValue().isBlank(), "the text is empty");
    require(given.textValue().indexOf('\0') < 0, "the text holds a NUL character");
    return given.textValue();
  }

  private static void addComment(JsonNode given, ObjectNode answer) {
    String comment = given.path("comment").asText("").strip();
    if (!comment.isEmpty()) {
      require(comment.length() <= LONGEST_COMMENT, "the comment is too long");
      answer.put("comment", comment);
    }
  }

  private static void require(boolean holds, String rule) {
    if (!holds) {
      throw new UsageException("not an answer: " + rule);
    }
  }

  /** Whether a completion is preferred as it is. */
  public boolean isPreference() {
    return json.path("better").isInt();
  }

  /**
   * Whether it is this word in place of a number: {@code tie}, {@code both-bad}, {@code edited}.
   */
  public boolean says(String word) {
    return json.path("better").asText().equals(word) && !isPreference();
  }

  /** The number of the preferred completion. */
  public int better() {
    return json.get("better").intValue();
  }

  /** From 1 to 4. */
  public int strength() {
    return json.get("strength").intValue();
  }

  /** Completions from best to worst, ties together. */
  public List<List<Integer>> order() {
    List<List<Integer>> order = new ArrayList<>();
    for (JsonNode group : json.path("order")) {
      List<Integer> tied = new ArrayList<>();
      group.forEach(index -> tied.add(index.intValue()));
      order.add(tied);
    }
    return order;
  }

  /** The same answer to a pair that has its completions in the other order. */
  static JsonNode turned(JsonNode answer) {
    JsonNode turned = answer.deepCopy();
    for (String field : List.of("better", "of")) {
      if (turned instanceof ObjectNode said && said.path(field).isInt()) {
        said.put(field, 1 - said.get(field).intValue());
      }
    }
    return turned;
  }
}
