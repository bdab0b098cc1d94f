package org.rlhf4j.studio.choice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.studio.circle.Circles;
import org.rlhf4j.studio.circle.ItemScores;
import org.rlhf4j.studio.circle.RewardModel;
import org.rlhf4j.studio.circle.RewardModels;
import org.rlhf4j.studio.circle.Scoring;
import org.rlhf4j.studio.circle.TinyReward;
import org.rlhf4j.studio.label.KeptPrompts;
import org.rlhf4j.studio.label.Labelled;
import org.rlhf4j.studio.label.Labelling;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.label.Project;
import org.rlhf4j.studio.store.Store;

/** What holds of the choice of the next items, whatever the store is. */
abstract class ChoicesTest {

  private static final int ITEMS = 40;
  private static final KeptPrompts KEPT = new KeptPrompts(0.2);

  @TempDir Path folder;
  private Labels labels;
  private Project project;
  private ItemScores scores;
  private Scoring scoring;
  private Choices choices;
  private Optional<RewardModel> one;
  private Optional<RewardModel> other;

  /** The address of an empty store. */
  abstract String store();

  /** An item as the store has it. */
  private record Row(long id, String prompt, String by, Double score, double place) {
    boolean isKept() {
      return KEPT.has(Labelling.json(prompt));
    }
  }

  @BeforeEach
  void open() {
    labels = new Labels(Store.open(store()), Clock.systemUTC());
    project = Labelled.project(labels, "p", Labelled.pairs(ITEMS));
    scores = new ItemScores(labels.store());
    scoring = new Scoring(scores, Precision.FP32);
    Circles circles = new Circles(labels.store(), scores);
    choices = new Choices(labels.store(), Clock.systemUTC(), scoring, circles, KEPT);
    RewardModels models = new RewardModels(labels.store(), Clock.systemUTC());
    one = Optional.of(models.brought(TinyReward.in(folder.resolve("one"), 1)));
    other = Optional.of(models.brought(TinyReward.in(folder.resolve("other"), 2)));
  }

  @AfterEach
  void close() {
    scoring.close();
    labels.store().close();
  }

  private List<Row> rows() {
    return labels
        .store()
        .read(
            handle ->
                handle
                    .createQuery("SELECT * FROM item ORDER BY place, id")
                    .map(
                        (row, context) ->
                            new Row(
                                row.getLong("id"),
                                row.getString("prompt"),
                                row.getString("chosen_by"),
                                row.getObject("choice_score") == null
                                    ? null
                                    : row.getDouble("choice_score"),
                                row.getDouble("place")))
                    .list());
  }

  private List<Row> chosen(String by) {
    return rows().stream().filter(row -> row.by().equals(by)).toList();
  }

  private void choose(Strategy strategy) {
    choices.choose(project, strategy, one, other);
    while (choices.of(project).placed() < 0) {
      Thread.onSpinWait();
    }
  }

  private double margin(RewardModel model, long item) {
    double[] given = scores.of(model, project).get(item);
    return given[0] - given[1];
  }

  /** The order is that of a plain sort, and kept prompts stay where they were drawn. */
  @Test
  void theLeastSureComeFirst() {
    List<Row> before = rows();
    choose(Strategy.SMALLEST_MARGIN);
    List<Row> chosen = chosen("smallest-margin");
    assertThat(chosen).noneMatch(Row::isKept);
    assertThat(chosen.size()).isEqualTo(choices.of(project).placed());
    List<Double> margins = new ArrayList<>();
    for (Row row : chosen) {
      double margin = Math.abs(margin(one.orElseThrow(), row.id()));
      assertThat(row.score()).isCloseTo(margin, within(1e-12));
      margins.add(margin);
    }
    assertThat(margins).isSorted();
    List<Row> random = chosen("random");
    assertThat(random).hasSize(ITEMS - chosen.size()).isNotEmpty().allMatch(Row::isKept);
    assertThat(before).containsAll(random);
  }

  @Test
  void whereTwoModelsDifferComesFirst() {
    choose(Strategy.SPREAD);
    List<Double> spreads = new ArrayList<>();
    for (Row row : chosen("spread")) {
      double first = 1 / (1 + Math.exp(-margin(one.orElseThrow(), row.id())));
      double second = 1 / (1 + Math.exp(-margin(other.orElseThrow(), row.id())));
      assertThat(row.score()).isCloseTo(Math.abs(first - second), within(1e-12));
      spreads.add(-row.score());
    }
    assertThat(spreads).isSorted().hasSizeGreaterThan(ITEMS / 2);
    assertThatThrownBy(() -> choices.choose(project, Strategy.SPREAD, one, one))
        .isInstanceOf(UsageException.class);
    assertThatThrownBy(
            () ->
                choices.choose(
                    project, Strategy.SMALLEST_MARGIN, Optional.empty(), Optional.empty()))
        .isInstanceOf(UsageException.class);
  }

  /** Open items with answers come first, the most contrary one before the others. */
  @Test
  void whereItDisagreesWithPeopleComesFirst() {
    labels.projects().change(project, "", 2);
    for (int i = 0; i < 20; i++) {
      Labelled.answerNext(labels, project, "{'better': 0, 'strength': 4}");
    }
    choose(Strategy.DISAGREEMENT);
    List<Row> chosen = chosen("disagreement");
    assertThat(chosen).hasSizeBetween(10, 20);
    assertThat(rows().subList(0, chosen.size())).isEqualTo(chosen);
    List<Double> contrary = new ArrayList<>();
    for (Row row : chosen) {
      assertThat(row.score()).isCloseTo(-margin(one.orElseThrow(), row.id()), within(1e-12));
      contrary.add(-row.score());
    }
    assertThat(contrary).isSorted();
  }

  /** What a model's choice has left is drawn at random again, but is no random sample of all. */
  @Test
  void whatIsLeftIsTold() {
    choose(Strategy.SMALLEST_MARGIN);
    int placed = choices.of(project).placed();
    choose(Strategy.RANDOM);
    assertThat(chosen("remainder")).hasSize(placed).allMatch(row -> row.score() == null);
    assertThat(chosen("random")).hasSize(ITEMS - placed).allMatch(Row::isKept);
    List<Row> all = rows();
    assertThat(all.get(0).place()).isBetween(0.0, 1.0);
    assertThat(all.get(ITEMS - 1).place()).isBetween(0.0, 1.0);
  }

  @Test
  void whatIsLabelledAgainIsNoRandomSample() {
    long item = labels.labelling().next(project, labels.annotator()).orElseThrow().item().id();
    Labelled.answerNext(labels, project, "{'better': 0, 'strength': 4}");
    labels.labelling().again(project, labels.annotator(), item, UUID.randomUUID().toString());
    assertThat(chosen("again")).extracting(Row::id).containsExactly(item);
  }

  @Test
  void aModelThatIsGoneChoosesNothing() {
    RewardModel gone =
        new RewardModel(one.orElseThrow().id(), "gone", folder.resolve("x"), null, 0);
    choices.choose(project, Strategy.SMALLEST_MARGIN, Optional.of(gone), Optional.empty());
    while (choices.of(project).placed() < 0) {
      Thread.onSpinWait();
    }
    assertThat(choices.of(project).strategy()).isEqualTo(Strategy.RANDOM);
    assertThat(choices.fault(project).orElseThrow()).contains(folder.resolve("x").toString());
  }
}
