package org.rlhf4j.cli.studio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.rlhf4j.cli.Outcome.rlhf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.data.file.OnBadRow;
import org.rlhf4j.data.row.Comparison;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.row.Rows;

/**
 * A newcomer's first minutes with the studio, in a browser. The long form begins with the demo, and
 * sees the accuracy move ({@code -Dnewcomer.demo=FOLDER} takes a demo that is there):
 *
 * <pre>
 *   mvn -B -pl cli -am test -Dtest=NewcomerTest -Dnewcomer=long -Dsurefire.failIfNoSpecifiedTests=false
 * </pre>
 */
@EnabledIf(
    value = "org.rlhf4j.testing.Browser#isInstalled",
    disabledReason = "no Chromium on the PATH: the pages aren't looked at in a browser")
class NewcomerTest {

  private static final Path DEMO = Path.of("../data/demo");

  @TempDir Path folder;

  private static Map<String, String> better(List<Comparison> rows) {
    Map<String, String> better = new HashMap<>();
    rows.forEach(row -> better.put(Newcomer.pair(row.chosen(), row.rejected()), row.chosen()));
    return better;
  }

  private static List<Comparison> pairs() {
    return Rows.read(List.of(DEMO.resolve("heldout.csv")), RowKind.COMPARISONS, OnBadRow.FAIL)
        .rows();
  }

  private void add(String store, String project, String... rows) throws IOException {
    Path file = folder.resolve(project + ".jsonl");
    Files.write(file, List.of(rows));
    rlhf("studio", "add", "--store", store, "--project", project, "--data", file.toString())
        .succeeded();
  }

  private void addOtherItems(String store) throws IOException {
    add(store, "order", "{\"prompt\":\"Order\",\"completions\":[\"one\",\"two\",\"three\"]}");
    add(store, "reply", "{\"prompt\":\"Say hello.\"}");
  }

  /** What is exported trains a reward model by the command too. */
  private void trainByCommand(String store, String project, Path model) {
    Path labels = folder.resolve("labels.jsonl");
    rlhf("studio", "export", "--store", store, "--project", project, "--output", labels.toString())
        .succeeded();
    Path run = folder.resolve("by-command");
    rlhf(
            "reward",
            "--model",
            model.toString(),
            "--data",
            labels.toString(),
            "--output",
            run.toString(),
            "--steps",
            "2",
            "--eval-fraction",
            "0")
        .succeeded();
    assertThat(run.resolve("model/model.safetensors")).exists();
  }

  @Test
  void firstMinutes() throws IOException {
    String store = folder.resolve("store").toString();
    Path model = folder.resolve("model");
    rlhf(
            "new",
            "--config",
            DEMO.resolve("config.json").toString(),
            "--tokenizer",
            DEMO.resolve("tokenizer").toString(),
            "--output",
            model.toString())
        .succeeded();
    Path rows = folder.resolve("rows.csv");
    Files.write(rows, Files.readAllLines(DEMO.resolve("heldout.csv")).subList(0, 25));
    rlhf("studio", "add", "--store", store, "--project", "demo", "--data", rows.toString())
        .succeeded();
    addOtherItems(store);
    try (Newcomer newcomer =
        Newcomer.start(
            better(pairs()),
            "--data",
            store,
            "--runs",
            folder.resolve("runs").toString(),
            "--model",
            model.toString(),
            "--threads",
            "1",
            "--max-new-tokens",
            "8",
            "--train-epochs",
            "4",
            "--train-learning-rate",
            "5e-4")) {
      newcomer.label("demo", 20);
      newcomer.rank("order");
      newcomer.write("reply", "hello");
      newcomer.talk("hi", "why");
      newcomer.train("demo", "demo-1");
      assertThat(newcomer.row("demo-1")).hasSize(6);
      newcomer.relabel("demo");
      newcomer.requireNothingWrong();
    }
    trainByCommand(store, "demo", model);
  }

  @Test
  @EnabledIfSystemProperty(named = "newcomer", matches = "long")
  void tenMinutesWithTheDemo() throws IOException {
    String made = System.getProperty("newcomer.demo");
    Path demo = made == null ? folder.resolve("demo") : Path.of(made);
    if (made == null) {
      rlhf("demo", "--quick", "--output", demo.toString()).succeeded();
    }
    String store = demo.resolve("studio").toString();
    try (Newcomer newcomer = Newcomer.start(better(pairs()), "--demo", "--runs", demo.toString())) {
      addOtherItems(store);
      newcomer.label("demo", 20);
      newcomer.rank("order");
      newcomer.write("reply", "hello");
      newcomer.talk("How can I sleep better?", "Why?");
      newcomer.train("demo", "demo-1");
      newcomer.look("#/circle/demo", "newcomer-20");
      newcomer.label("demo", 30);
      newcomer.look("#/circle/demo", "newcomer-wrong");
      assertThat(newcomer.relabel("demo")).as("a pair is wrong, and is labelled again").isTrue();
      newcomer.train("demo", "demo-2");
      newcomer.look("#/circle/demo", "newcomer-50");
      System.out.println("20 labels: " + newcomer.row("demo-1"));
      System.out.println("50 labels: " + newcomer.row("demo-2"));
      newcomer.requireNothingWrong();
    }
    trainByCommand(store, "demo", demo.resolve("sft"));
  }
}
