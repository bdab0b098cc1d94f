package org.rlhf4j.studio.label;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.rlhf4j.data.file.OnBadRow;
import org.rlhf4j.data.file.RowFiles;
import org.rlhf4j.data.file.RowFormat;
import org.rlhf4j.studio.store.Store;

/** Stores for tests, with items in them. */
public final class Labelled {

  private static final ObjectMapper JSON = new ObjectMapper();

  private Labelled() {}

  /** An empty store in a folder. */
  public static Labels in(Path folder) {
    return new Labels(Store.open(folder.toString()), Clock.systemUTC());
  }

  /** A project with these rows. */
  public static Project project(Labels labels, String name, String... rows) {
    try {
      Path file = Files.createTempFile("rows", ".jsonl");
      Files.write(file, List.of(rows));
      Project project = labels.projects().make(name);
      labels.items().add(project, RowFiles.of(List.of(file), RowFormat.USUAL), OnBadRow.FAIL);
      Files.delete(file);
      return project;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** So many pairs, of which the better one says so. */
  public static String[] pairs(int count) {
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      rows.add(
          "{\"prompt\": \"Question %s?\", \"completions\": [\" good %s\", \" bad %s\"]}"
              .formatted(i, i, i));
    }
    return rows.toArray(String[]::new);
  }

  public static JsonNode json(String text) {
    try {
      return JSON.readTree(text.replace('\'', '"'));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** An answer to an item, with an event of its own. */
  public static Labelling.Given answer(Item item, String answer) {
    return new Labelling.Given(
        UUID.randomUUID().toString(), item.id(), Labelling.Act.ANSWER, json(answer), 1.5);
  }

  /** Answers the next item of who labels there. */
  public static void answerNext(Labels labels, Project project, String answer) {
    Item item = labels.labelling().next(project, labels.annotator()).orElseThrow().item();
    labels.labelling().take(project, labels.annotator(), answer(item, answer));
  }

  /** What is exported. */
  static List<String> exported(Labels labels, Project project, Export.Choices choices) {
    List<String> rows = new ArrayList<>();
    Export.of(labels.store(), project, choices, row -> rows.add(row.toString()));
    return rows;
  }

  /** The comparisons that are exported of a project. */
  public static List<String> comparisons(Store store, String project) {
    Labels labels = new Labels(store, Clock.systemUTC());
    return exported(labels, labels.projects().named(project), Export.Choices.USUAL);
  }

  /** Adds so many gold pairs, of which the better one says so. */
  public static void gold(Labels labels, Project project, int count) {
    try {
      Path file = Files.createTempFile("gold", ".jsonl");
      List<String> rows = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        rows.add(
            "{\"prompt\": \"Gold %s?\", \"chosen\": \" good\", \"rejected\": \" bad\"}"
                .formatted(i));
      }
      Files.write(file, rows);
      labels.items().addGold(project, RowFiles.of(List.of(file), RowFormat.USUAL), OnBadRow.FAIL);
      Files.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Says which completion of an item is better. */
  public static void say(Labels labels, Project project, long annotator, Item item, int better) {
    labels
        .labelling()
        .take(project, annotator, answer(item, "{'better': %s, 'strength': 2}".formatted(better)));
  }

  /** Flags the next item of who labels there. */
  public static void flagNext(Labels labels, Project project, String reason) {
    long item = labels.labelling().next(project, labels.annotator()).orElseThrow().item().id();
    JsonNode why = JSON.createObjectNode().put("comment", reason);
    labels
        .labelling()
        .take(
            project,
            labels.annotator(),
            new Labelling.Given(UUID.randomUUID().toString(), item, Labelling.Act.FLAG, why, 1));
  }
}
