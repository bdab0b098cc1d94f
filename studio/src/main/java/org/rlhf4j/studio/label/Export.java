package org.rlhf4j.studio.label;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.studio.store.Store;

/**
 * The rows that are made of what people said: what {@code rlhf reward} and {@code rlhf sft} read.
 */
public final class Export {

  /** What is written. */
  public enum Form {
    /** Pairs and rankings, for a reward model. */
    COMPARISONS,
    /** Written and edited replies, for fine-tuning. */
    DEMONSTRATIONS,
    /** Every single verdict. */
    VOTES
  }

  /** What becomes of a pair between which nobody decides. */
  public enum Ties {
    /** It is left out. */
    DROP,
    /** It is written twice, each side once the better one. */
    BOTH
  }

  /** What becomes of a pair that is bad on both sides. */
  public enum BothBad {
    /** It is left out. */
    DROP,
    /** It counts as a tie. */
    KEEP
  }

  /**
   * How verdicts become rows.
   *
   * @param form what is written
   * @param ties what becomes of ties
   * @param bothBad what becomes of pairs that are bad on both sides
   * @param agreement the share of an item's annotators that must agree
   * @param names whether votes have the annotators' names in place of numbers
   */
  public record Choices(
      @Setting(
              help =
                  "What is written: comparisons (pairs and rankings), demonstrations (written and"
                      + " edited replies), or votes (every single verdict).",
              defaultValue = "comparisons")
          Form form,
      @Setting(
              help = "What becomes of a tie: drop leaves it out, both writes each order once.",
              defaultValue = "drop")
          Ties ties,
      @Setting(
              help =
                  "What becomes of a pair of which both are bad: drop leaves it out, keep takes it as"
                      + " a tie.",
              defaultValue = "drop")
          BothBad bothBad,
      @Setting(help = "Share of an item's annotators who must agree.", defaultValue = "0.5")
          double agreement,
      @Setting(
              help = "In votes, name the annotators. Without it they are numbers.",
              defaultValue = "false")
          boolean names) {

    /** The usual ones. */
    public static final Choices USUAL =
        new Choices(Form.COMPARISONS, Ties.DROP, BothBad.DROP, 0.5, false);

    /** Checks the share. */
    public Choices {
      Limits.between("agreement", 0, 1, agreement);
    }
  }

  /** What was written, and what was not. */
  public static final class Count {
    private int rows;
    private int ties;
    private int bothBad;
    private int disagreed;
    private int elsewhere;
    private int leftOut;
    private int gold;

    /** Rows that were written. */
    public int rows() {
      return rows;
    }

    /** A line for each thing to know. */
    public List<String> lines(Form form) {
      List<String> lines =
          new ArrayList<>(List.of(String.format(Locale.ROOT, "%,d rows written", rows)));
      say(lines, ties, "ties left out; --ties both keeps them");
      say(
          lines,
          bothBad,
          "pairs left out of which both are bad; --both-bad keep takes them as ties");
      say(lines, disagreed, "pairs left out on which too few annotators agree (--agreement)");
      say(
          lines,
          elsewhere,
          form == Form.COMPARISONS
              ? "replies aren't comparisons; --form demonstrations writes them"
              : "comparisons aren't demonstrations; --form comparisons writes them");
      say(lines, leftOut, "items left out by reviewers");
      say(lines, gold, "gold items left out; --form votes has their answers");
      return lines;
    }

    private static void say(List<String> lines, int count, String what) {
      if (count > 0) {
        lines.add(String.format(Locale.ROOT, "%,d %s", count, what));
      }
    }
  }

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Store store;
  private final Choices choices;
  private final BiConsumer<Item, ObjectNode> rows;
  private final Count count = new Count();
  private Item current; // what the rows that are written are made of

  private Export(Store store, Choices choices, BiConsumer<Item, ObjectNode> rows) {
    this.store = store;
    this.choices = choices;
    this.rows = rows;
  }

  /**
   * Exports a project.
   *
   * @param store where it is
   * @param project which
   * @param choices how verdicts become rows
   * @param rows takes them, in the order of the items
   * @return what was written
   */
  public static Count of(Store store, Project project, Choices choices, Consumer<ObjectNode> rows) {
    return ofItems(store, project, choices, (item, row) -> rows.accept(row));
  }

  /** The same; each row is told with the item that it is made of, a single vote with none. */
  public static Count ofItems(
      Store store, Project project, Choices choices, BiConsumer<Item, ObjectNode> rows) {
    Export export = new Export(store, choices, rows);
    if (choices.form() == Form.VOTES) {
      export.writeVotes(project);
    } else {
      export.writeItems(project);
    }
    return export.count;
  }

  /** The answers that hold, those of an item one after the other. */
  private void writeItems(Project project) {
    store.read(
        handle -> {
          try (Stream<Said> answers = Said.of(handle, project)) {
            List<Said> ofItem = new ArrayList<>();
            answers.forEach(
                said -> {
                  if (!ofItem.isEmpty() && ofItem.get(0).item().id() != said.item().id()) {
                    write(ofItem);
                    ofItem.clear();
                  }
                  ofItem.add(said);
                });
            if (!ofItem.isEmpty()) {
              write(ofItem);
            }
          }
          count.leftOut = Said.leftOut(handle, project);
          count.gold = Said.gold(handle, project);
          return null;
        });
  }

  private void write(List<Said> ofItem) {
    Item item = ofItem.get(0).item();
    current = item;
    List<Answer> answers = ofItem.stream().map(Said::answer).toList();
    switch (item.kind()) {
      case COMPARE -> writeCompared(item, answers);
      case RANK -> writeRanked(item, answers);
      case WRITE -> answers.forEach(answer -> writeReply(item, answer.json().get("text")));
    }
  }

  private void writeReply(Item item, JsonNode text) {
    if (choices.form() == Form.DEMONSTRATIONS) {
      ObjectNode row = JSON.createObjectNode();
      row.set("prompt", item.prompt());
      row.set("completion", text);
      write(row);
    } else {
      count.elsewhere++;
    }
  }

  private void writeCompared(Item item, List<Answer> answers) {
    for (Answer edited : answers.stream().filter(answer -> answer.says("edited")).toList()) {
      if (choices.form() == Form.DEMONSTRATIONS) {
        writeReply(item, edited.json().get("text"));
      } else {
        JsonNode original = item.completions().get(edited.json().get("of").intValue());
        writePair(item, edited.json().get("text"), original, 0);
      }
    }
    List<Answer> compared = answers.stream().filter(answer -> !answer.says("edited")).toList();
    if (compared.isEmpty()) {
      return;
    }
    if (choices.form() == Form.DEMONSTRATIONS) {
      count.elsewhere++;
      return;
    }
    PairVotes votes = new PairVotes();
    compared.forEach(answer -> add(votes, answer));
    writeVoted(item, 0, 1, votes);
  }

  private static void add(PairVotes votes, Answer answer) {
    if (answer.isPreference()) {
      votes.prefer(answer.better() == 0, answer.strength());
    } else if (answer.says("both-bad")) {
      votes.bothBad();
    } else {
      votes.tie();
    }
  }

  private void writeVoted(Item item, int first, int second, PairVotes votes) {
    switch (votes.result(choices.agreement())) {
      case FIRST -> writePair(item, first, second, votes.margin());
      case SECOND -> writePair(item, second, first, votes.margin());
      case BOTH_BAD -> {
        if (choices.bothBad() == BothBad.DROP) {
          count.bothBad++;
        } else {
          writeTie(item, first, second);
        }
      }
      case TIE -> writeTie(item, first, second);
      case DISAGREED -> count.disagreed++;
    }
  }

  private void writeTie(Item item, int first, int second) {
    if (choices.ties() == Ties.DROP) {
      count.ties++;
    } else {
      writePair(item, first, second, 0);
      writePair(item, second, first, 0);
    }
  }

  private void writePair(Item item, int chosen, int rejected, double margin) {
    writePair(item, item.completions().get(chosen), item.completions().get(rejected), margin);
  }

  private void writePair(Item item, JsonNode chosen, JsonNode rejected, double margin) {
    ObjectNode row = JSON.createObjectNode();
    row.set("prompt", item.prompt());
    row.set("chosen", chosen);
    row.set("rejected", rejected);
    write(row.put("margin", margin));
  }

  /** One ranking without ties stays one; else each pair that enough annotators order is a row. */
  private void writeRanked(Item item, List<Answer> answers) {
    if (choices.form() == Form.DEMONSTRATIONS) {
      count.elsewhere++;
      return;
    }
    List<List<Integer>> only = answers.get(0).order();
    if (answers.size() == 1 && only.stream().allMatch(group -> group.size() == 1)) {
      ObjectNode row = JSON.createObjectNode();
      row.set("prompt", item.prompt());
      ArrayNode ranked = row.putArray("completions");
      only.forEach(group -> ranked.add(item.completions().get(group.get(0))));
      write(row);
      return;
    }
    int completions = item.completions().size();
    for (int first = 0; first < completions; first++) {
      for (int second = first + 1; second < completions; second++) {
        PairVotes votes = new PairVotes();
        for (Answer answer : answers) {
          int apart = place(answer.order(), second) - place(answer.order(), first);
          if (apart == 0) {
            votes.tie();
          } else {
            votes.prefer(apart > 0, 1);
          }
        }
        writeVoted(item, first, second, votes);
      }
    }
  }

  private static int place(List<List<Integer>> order, int completion) {
    int place = 0;
    while (!order.get(place).contains(completion)) {
      place++;
    }
    return place;
  }

  private void write(ObjectNode row) {
    rows.accept(current, row);
    count.rows++;
  }

  private void writeVotes(Project project) {
    store.read(
        handle -> {
          try (Stream<ObjectNode> votes =
              handle
                  .createQuery(
                      "SELECT verdict.*, item.kind, item.prompt, item.completions, item.chosen_by,"
                          + " item.choice_score, item.gold, annotator.name,"
                          + " standing.verdict_id AS holds FROM verdict"
                          + " JOIN item ON item.id = verdict.item_id"
                          + " JOIN annotator ON annotator.id = verdict.annotator_id"
                          + " LEFT JOIN standing ON standing.verdict_id = verdict.id"
                          + " WHERE item.project_id = :project ORDER BY verdict.id")
                  .bind("project", project.id())
                  .map((row, context) -> vote(row))
                  .stream()) {
            votes.forEach(this::write);
          }
          return null;
        });
  }

  private ObjectNode vote(ResultSet row) throws SQLException {
    ObjectNode vote = JSON.createObjectNode();
    vote.put("item", row.getLong("item_id")).put("kind", row.getString("kind"));
    vote.set("prompt", Labelling.json(row.getString("prompt")));
    vote.set("completions", Labelling.json(row.getString("completions")));
    String name = row.getString("name");
    if (choices.names() && name != null) {
      vote.put("annotator", name);
    } else {
      vote.put("annotator", row.getLong("annotator_id"));
    }
    vote.put("act", row.getString("act"));
    vote.set("answer", Labelling.json(row.getString("answer")));
    vote.set("shown", Labelling.json(row.getString("shown")));
    boolean holds = row.getObject("holds") != null;
    Double score = row.getObject("choice_score") == null ? null : row.getDouble("choice_score");
    return vote.put("seconds", row.getDouble("seconds"))
        .put("time", Instant.ofEpochMilli(row.getLong("time")).toString())
        .put("item_chosen_by", row.getString("chosen_by"))
        .put("item_choice_score", score)
        .put("gold", row.getString("gold") != null)
        .put("holds", holds);
  }
}
