package org.rlhf4j.studio.label;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.data.file.OnBadRow;
import org.rlhf4j.data.row.Comparison;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.row.Rows;

class ExportTest {

  private static final String PAIR = "{\"prompt\":\"Q\",\"completions\":[\" a\",\" b\"]}";
  private static final String FOUR = "{\"prompt\":\"R\",\"completions\":[\"w\",\"x\",\"y\",\"z\"]}";

  @TempDir Path folder;
  private Labels labels;

  @BeforeEach
  void open() {
    labels = Labelled.in(folder.resolve("store"));
  }

  @AfterEach
  void close() {
    labels.store().close();
  }

  private List<String> exported(String row, Export.Choices choices, String... answers) {
    Project project = labels.projects().change(Labelled.project(labels, "p", row), "", 9);
    for (int i = 0; i < answers.length; i++) {
      long annotator = annotator(i);
      Item item = labels.labelling().next(project, annotator).orElseThrow().item();
      labels.labelling().take(project, annotator, Labelled.answer(item, answers[i]));
    }
    return Labelled.exported(labels, project, choices);
  }

  private long annotator(int i) {
    return labels
        .store()
        .change(
            handle ->
                handle
                    .createUpdate("INSERT INTO annotator (name, created) VALUES (:name, 0)")
                    .bind("name", "number " + i)
                    .executeAndReturnGeneratedKeys("id")
                    .mapTo(Long.class)
                    .one());
  }

  private static Export.Choices with(Export.Ties ties, Export.BothBad bothBad, double agreement) {
    return new Export.Choices(Export.Form.COMPARISONS, ties, bothBad, agreement, false);
  }

  private static String pair(String chosen, String rejected, String margin) {
    return "{\"prompt\":\"Q\",\"chosen\":\"%s\",\"rejected\":\"%s\",\"margin\":%s}"
        .formatted(chosen, rejected, margin);
  }

  /** Strength 4 of 1 to 4 is the whole margin: (4 − 1) / 3 = 1. */
  @Test
  void aPreferenceIsAPair() {
    assertThat(exported(PAIR, Export.Choices.USUAL, "{'better': 1, 'strength': 4}"))
        .containsExactly(pair(" b", " a", "1.0"));
  }

  /** Two of three prefer b, with strengths 2 and 3: (2.5 − 1) / 3 = 0.5. */
  @Test
  void mostAnnotatorsDecide() {
    assertThat(
            exported(
                PAIR,
                Export.Choices.USUAL,
                "{'better': 1, 'strength': 2}",
                "{'better': 0, 'strength': 4}",
                "{'better': 1, 'strength': 3}"))
        .containsExactly(pair(" b", " a", "0.5"));
  }

  @Test
  void withTooLittleAgreementThereIsNoRow() {
    String[] answers = {
      "{'better': 1, 'strength': 2}", "{'better': 0, 'strength': 4}", "{'better': 1, 'strength': 3}"
    };
    assertThat(exported(PAIR, with(Export.Ties.DROP, Export.BothBad.DROP, 0.7), answers)).isEmpty();
  }

  @Test
  void aHalfAgainstAHalfDecidesNothing() {
    assertThat(
            exported(
                PAIR,
                Export.Choices.USUAL,
                "{'better': 1, 'strength': 2}",
                "{'better': 0, 'strength': 4}"))
        .isEmpty();
  }

  @Test
  void tiesAreDroppedOrWrittenBothWays() {
    assertThat(exported(PAIR, Export.Choices.USUAL, "{'better': 'tie'}")).isEmpty();
    Project project = labels.projects().named("p");
    assertThat(Labelled.exported(labels, project, with(Export.Ties.BOTH, Export.BothBad.DROP, 0.5)))
        .containsExactly(pair(" a", " b", "0.0"), pair(" b", " a", "0.0"));
  }

  @Test
  void bothBadIsDroppedOrATie() {
    assertThat(exported(PAIR, Export.Choices.USUAL, "{'better': 'both-bad'}")).isEmpty();
    Project project = labels.projects().named("p");
    assertThat(Labelled.exported(labels, project, with(Export.Ties.BOTH, Export.BothBad.KEEP, 0.5)))
        .hasSize(2);
  }

  @Test
  void anEditedReplyBeatsItsOriginalAndIsADemonstration() {
    String edited = "{'better': 'edited', 'of': 0, 'text': ' a!'}";
    assertThat(exported(PAIR, Export.Choices.USUAL, edited))
        .containsExactly(pair(" a!", " a", "0.0"));
    Export.Choices demonstrations =
        new Export.Choices(
            Export.Form.DEMONSTRATIONS, Export.Ties.DROP, Export.BothBad.DROP, 0.5, false);
    assertThat(Labelled.exported(labels, labels.projects().named("p"), demonstrations))
        .containsExactly("{\"prompt\":\"Q\",\"completion\":\" a!\"}");
  }

  @Test
  void aRankingWithoutTiesStaysOne() {
    assertThat(exported(FOUR, Export.Choices.USUAL, "{'order': [[2],[0],[3],[1]]}"))
        .containsExactly("{\"prompt\":\"R\",\"completions\":[\"y\",\"w\",\"z\",\"x\"]}");
  }

  /** y before w and x, which are tied, before z: five of the six pairs are ordered. */
  @Test
  void aRankingWithTiesIsItsPairs() {
    List<String> rows = exported(FOUR, Export.Choices.USUAL, "{'order': [[2],[0,1],[3]]}");
    assertThat(rows).hasSize(5);
    assertThat(rows.get(0)).contains("\"chosen\":\"y\",\"rejected\":\"w\"");
    assertThat(rows).noneMatch(row -> row.contains("\"w\",\"rejected\":\"x\""));
  }

  @Test
  void votesAreAllOfThemWithoutNames() {
    exported(PAIR, Export.Choices.USUAL, "{'better': 1, 'strength': 4, 'comment': 'short'}");
    Export.Choices votes =
        new Export.Choices(Export.Form.VOTES, Export.Ties.DROP, Export.BothBad.DROP, 0.5, false);
    String vote = Labelled.exported(labels, labels.projects().named("p"), votes).get(0);
    assertThat(vote)
        .contains(
            "\"act\":\"answer\"", "\"comment\":\"short\"", "\"seconds\":1.5", "\"holds\":true")
        .containsPattern("\"shown\":\\[(0,1|1,0)]")
        .doesNotContain("number 0");
  }

  /** What is exported is what a stage reads, in whatever form its prompts are. */
  @Test
  void theReadersOfRowsTakeIt() throws IOException {
    Project project =
        Labelled.project(
            labels,
            "mixed",
            PAIR,
            FOUR,
            "{\"prompt\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"completions\":[\"one\",\"two\"]}");
    for (int i = 0; i < 3; i++) {
      Item item = labels.labelling().next(project, labels.annotator()).orElseThrow().item();
      String answer =
          item.kind() == ItemKind.RANK
              ? "{'order': [[3],[2],[1],[0]]}"
              : "{'better': 0, 'strength': 3}";
      labels.labelling().take(project, labels.annotator(), Labelled.answer(item, answer));
    }
    Path file = folder.resolve("rows.jsonl");
    Files.write(file, Labelled.exported(labels, project, Export.Choices.USUAL));
    List<Comparison> rows = Rows.read(List.of(file), RowKind.COMPARISONS, OnBadRow.FAIL).rows();
    assertThat(rows).hasSize(3);
    assertThat(rows)
        .anySatisfy(row -> assertThat(row.completions()).containsExactly("z", "y", "x", "w"))
        .anySatisfy(row -> assertThat(row.messages()).isPresent());
  }
}
