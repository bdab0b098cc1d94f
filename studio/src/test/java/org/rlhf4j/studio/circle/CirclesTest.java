package org.rlhf4j.studio.circle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.studio.label.Item;
import org.rlhf4j.studio.label.Labelled;
import org.rlhf4j.studio.label.Labelling;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.label.Project;
import org.rlhf4j.studio.label.Settlements;
import org.rlhf4j.studio.store.Store;

/** What holds of reward models held against labels, whatever the store is. */
abstract class CirclesTest {

  @TempDir Path folder;
  private Labels labels;
  private Project project;
  private RewardModels models;
  private ItemScores scores;
  private Circles circles;
  private RewardModel model;

  /** The address of an empty store. */
  abstract String store();

  @BeforeEach
  void open() {
    labels = new Labels(Store.open(store()), Clock.systemUTC());
    project = Labelled.project(labels, "p", Labelled.pairs(4));
    models = new RewardModels(labels.store(), Clock.systemUTC());
    scores = new ItemScores(labels.store());
    circles = new Circles(labels.store(), scores);
    model = models.brought(TinyReward.in(folder.resolve("tiny"), 1));
  }

  @AfterEach
  void close() {
    labels.store().close();
  }

  /** Says that the first completion is better, or the second. */
  private Item say(int better) {
    Item item = labels.labelling().next(project, labels.annotator()).orElseThrow().item();
    Labelling.Given said = Labelled.answer(item, "{'better': %s, 'strength': 4}".formatted(better));
    labels.labelling().take(project, labels.annotator(), said);
    return item;
  }

  @Test
  void aModelIsKnownByItsContent() {
    assertThat(models.brought(folder.resolve("tiny")).id()).isEqualTo(model.id());
    TinyReward.in(folder.resolve("tiny"), 2);
    assertThat(models.brought(folder.resolve("tiny")).id()).isNotEqualTo(model.id());
    assertThat(models.of(project)).hasSize(2);
    assertThat(models.current(project)).isEmpty();
    models.use(project, model);
    models.use(project, model);
    assertThat(models.current(project)).contains(model);
  }

  /** Scores in the store are those that the model gives one row after the other. */
  @Test
  void labelsAreHeldAgainstScores() {
    Item right = say(0);
    Item wrong = say(1);
    scores.keep(
        model, Map.of(right.id(), new float[] {1.5f, -1}, wrong.id(), new float[] {0.25f, 0}));
    Circle circle = circles.of(project, model, false);
    assertThat(circle.groups().get(0).pairs()).isEqualTo(2);
    assertThat(circle.groups().get(0).accuracy()).isEqualTo(0.5);
    List<WrongPair> worst = circles.wrong(project, model, labels.annotator());
    assertThat(worst).hasSize(1);
    assertThat(worst.get(0).item()).isEqualTo(wrong.id());
    assertThat(worst.get(0).margin()).isEqualTo(-0.25);
    assertThat(worst.get(0).better().asText()).startsWith(" bad");
    assertThat(worst.get(0).mine()).isTrue();
    assertThat(worst.get(0).sent()).isFalse();
  }

  /** What a reviewer decides is held against the model in place of what was said before. */
  @Test
  void aReviewersDecisionStandsInPlaceOfTheLabels() {
    Item wrong = say(1);
    scores.keep(model, Map.of(wrong.id(), new float[] {0.25f, 0}));
    Settlements settlements = new Settlements(labels.store(), Clock.systemUTC());
    settlements.refer(project, labels.annotator(), wrong.id(), "the model says the contrary");
    assertThat(circles.wrong(project, model, labels.annotator()).get(0).sent()).isTrue();

    settlements.settle(
        project,
        labels.annotator(),
        "event-decided",
        wrong.id(),
        Settlements.Act.ANSWER,
        JsonNodeFactory.instance.objectNode().put("better", 0).put("strength", 2));

    assertThat(circles.wrong(project, model, labels.annotator())).isEmpty();
    Circle circle = circles.of(project, model, false);
    assertThat(circle.groups().get(0).pairs()).as("no random sample").isZero();
    assertThat(circle.groups().get(1).accuracy()).isEqualTo(1);
  }

  /** What somebody may still answer isn't shown to them with the answers of others. */
  @Test
  void nobodySeesTheAnswersOfOthersBeforeTheirOwn() {
    labels.projects().change(project, "", 2);
    Item item = say(1);
    scores.keep(model, Map.of(item.id(), new float[] {1, 0}));
    Labels others = new Labels(labels.store(), Clock.systemUTC(), "Ada");
    assertThat(circles.wrong(project, model, labels.annotator())).hasSize(1);
    assertThat(circles.wrong(project, model, others.annotator())).isEmpty();
  }

  @Test
  void anItemIsLabelledAgain() {
    Item first = say(1);
    say(0);
    String event = UUID.randomUUID().toString();
    labels.labelling().again(project, labels.annotator(), first.id(), event);
    labels.labelling().again(project, labels.annotator(), first.id(), event);
    assertThat(labels.labelling().progress(project, labels.annotator()).answered()).isEqualTo(1);
    assertThat(say(0).id()).isEqualTo(first.id());
    Labels others = new Labels(labels.store(), Clock.systemUTC(), "Ada");
    assertThatThrownBy(
            () ->
                others
                    .labelling()
                    .again(project, others.annotator(), first.id(), UUID.randomUUID().toString()))
        .isInstanceOf(Labelling.NotNeededException.class);
  }
}
