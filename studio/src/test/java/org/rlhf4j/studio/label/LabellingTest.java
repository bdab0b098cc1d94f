package org.rlhf4j.studio.label;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.studio.Hands;
import org.rlhf4j.studio.store.Store;

/** What holds of labelling, whatever the store is. */
abstract class LabellingTest {

  @TempDir Path folder;
  private final Hands clock = new Hands();
  private Labels labels;
  private Project project;
  private long ada;
  private long bob;

  /** The address of an empty store. */
  abstract String store();

  @BeforeEach
  void open() {
    labels = new Labels(Store.open(store()), clock);
    project = Labelled.project(labels, "p", Labelled.pairs(4));
    ada = labels.annotator();
    bob = other("bob");
  }

  @AfterEach
  void close() {
    labels.store().close();
  }

  private long other(String name) {
    return new Annotators(labels.store(), clock).named(name);
  }

  private Labelling labelling() {
    return labels.labelling();
  }

  private Item next(long annotator) {
    return labelling().next(project, annotator).orElseThrow().item();
  }

  private void take(long annotator, Item item) {
    labelling().take(project, annotator, Labelled.answer(item, "{'better': 0, 'strength': 2}"));
  }

  private int count(String table) {
    return labels
        .store()
        .read(
            handle ->
                handle.createQuery("SELECT COUNT(*) FROM " + table).mapTo(Integer.class).one());
  }

  @Test
  void eachItemIsAskedOnceAndThenNothingIsLeft() {
    Set<Long> seen = new HashSet<>();
    for (int i = 0; i < 4; i++) {
      Item item = next(ada);
      seen.add(item.id());
      take(ada, item);
    }
    assertThat(seen).hasSize(4);
    assertThat(labelling().next(project, ada)).isEmpty();
    Progress progress = labelling().progress(project, ada);
    assertThat(progress).isEqualTo(new Progress(4, 0, 0, 4, 0, 1.5));
  }

  /** Whoever reloads the page has the same item, with the same sides. */
  @Test
  void theItemStaysTheSameUntilItIsAnswered() {
    assertThat(labelling().next(project, ada)).isEqualTo(labelling().next(project, ada));
  }

  @Test
  void aLentItemIsNotLentToOthersAndComesBack() {
    Item item = next(ada);
    Set<Long> others = new HashSet<>();
    for (int i = 0; i < 3; i++) {
      Item bobs = next(bob);
      others.add(bobs.id());
      take(bob, bobs);
    }
    assertThat(others).doesNotContain(item.id());
    assertThat(labelling().next(project, bob)).isEmpty();
    clock.move(Leases.TIME.plusSeconds(1));
    assertThat(next(bob)).isEqualTo(item);
  }

  /** Ada's time is over and Bob has answered: her answer would be one more than is wanted. */
  @Test
  void noItemHasMoreAnnotatorsThanItsTarget() {
    Item item = next(ada);
    clock.move(Leases.TIME.plusSeconds(1));
    while (next(bob).id() != item.id()) {
      take(bob, next(bob));
    }
    take(bob, item);
    assertThatThrownBy(() -> take(ada, item)).isInstanceOf(Labelling.NotNeededException.class);
    assertThat(count("standing WHERE item_id = " + item.id())).isEqualTo(1);
  }

  @Test
  void withATargetOfTwoTwoAnnotatorsAnswer() {
    project = labels.projects().change(project, "Be fair.", 2);
    Item item = next(ada);
    take(ada, item);
    Set<Long> bobs = new HashSet<>();
    for (int i = 0; i < 4; i++) {
      bobs.add(next(bob).id());
      take(bob, next(bob));
    }
    assertThat(bobs).contains(item.id());
    assertThat(labelling().next(project, bob)).isEmpty();
    assertThat(labelling().progress(project, ada).open()).isEqualTo(3);
  }

  /** Nobody picks items by their number, and no answer takes the place of another. */
  @Test
  void onlyWhatIsLentIsAnswered() {
    Item item = next(ada);
    assertThatThrownBy(() -> take(bob, item)).isInstanceOf(Labelling.NotNeededException.class);
    assertThat(count("verdict")).isZero();
    take(ada, item);
    assertThatThrownBy(() -> take(ada, item))
        .isInstanceOf(Labelling.NotNeededException.class)
        .hasMessageContaining("isn't before you any more");
    assertThat(count("verdict")).isEqualTo(1);
  }

  @Test
  void aRepeatedRequestChangesNothing() {
    Item item = next(ada);
    Labelling.Given given = Labelled.answer(item, "{'better': 1, 'strength': 4}");
    labelling().take(project, ada, given);
    labelling().take(project, ada, given);
    assertThat(count("verdict")).isEqualTo(1);
    assertThat(count("item WHERE answers = 1 AND is_open = 0")).isEqualTo(1);
  }

  @Test
  void undoIsAnEventAndBringsTheItemBack() {
    Item item = next(ada);
    take(ada, item);
    next(ada);
    Item back = labelling().undo(project, ada, "undo-0001").orElseThrow().item();
    assertThat(back).isEqualTo(item);
    labelling().undo(project, ada, "undo-0001");
    assertThat(count("verdict")).as("the answer and its undoing").isEqualTo(2);
    assertThat(count("verdict WHERE act = 'undo' AND undoes IS NOT NULL")).isEqualTo(1);
    assertThat(count("standing")).isZero();
    take(ada, back);
    assertThat(count("standing")).isEqualTo(1);
  }

  @Test
  void undoWithoutAVerdictIsHarmless() {
    Item item = next(ada);
    assertThat(labelling().undo(project, ada, "undo-0001").orElseThrow().item()).isEqualTo(item);
    assertThat(count("verdict")).isZero();
  }

  @Test
  void whatIsSkippedIsForOthers() {
    Item item = next(ada);
    labelling()
        .take(
            project,
            ada,
            new Labelling.Given(
                "event-01", item.id(), Labelling.Act.SKIP, Labelled.json("{'comment': 'hm'}"), 3));
    List<Long> rest = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      rest.add(next(ada).id());
      take(ada, next(ada));
    }
    assertThat(rest).doesNotContain(item.id());
    assertThat(labelling().next(project, ada)).isEmpty();
    assertThat(next(bob)).isEqualTo(item);
    assertThat(labelling().progress(project, ada).put()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'better': 2, 'strength': 1} | no completion has this number",
        "{'better': 0} | strength is a whole number from 1 to 4",
        "{'better': 0, 'strength': 5} | strength is a whole number from 1 to 4",
        "{'better': 'left'} | better is 0, 1, tie, both-bad or edited",
        "{'better': 'edited', 'of': 0, 'text': '  '} | the text is empty",
        "{} | better is 0, 1, tie, both-bad or edited",
        "[] | better is 0, 1, tie, both-bad or edited"
      })
  void whatIsNoAnswerIsRefused(String answer, String rule) {
    Item item = next(ada);
    assertThatThrownBy(() -> labelling().take(project, ada, Labelled.answer(item, answer)))
        .isInstanceOf(UsageException.class)
        .hasMessage("not an answer: " + rule);
    assertThat(count("verdict")).isZero();
  }

  @Test
  void anItemOfAnotherProjectIsRefused() {
    Project other = Labelled.project(labels, "q", Labelled.pairs(1));
    Item item = next(ada);
    assertThatThrownBy(
            () -> labelling().take(other, ada, Labelled.answer(item, "{'better': 'tie'}")))
        .hasMessage("not a verdict: the project has no such item");
    assertThatThrownBy(
            () ->
                labelling()
                    .take(
                        project,
                        ada,
                        new Labelling.Given(
                            "'; drop", item.id(), Labelling.Act.SKIP, Labelled.json("{}"), 0)))
        .hasMessage("not a verdict: event is 8 to 64 letters, digits and -");
  }

  /** Each side comes about as often; of 200 draws of a fair coin, 70 to 130 are almost certain. */
  @Test
  void sidesAreDrawn() {
    Project many = Labelled.project(labels, "many", Labelled.pairs(200));
    int first = 0;
    for (int i = 0; i < 200; i++) {
      Labelling.Task task = labelling().next(many, ada).orElseThrow();
      first += task.shown().get(0) == 0 ? 1 : 0;
      labelling().take(many, ada, Labelled.answer(task.item(), "{'better': 'tie'}"));
    }
    assertThat(first).isBetween(70, 130);
    assertThat(count("verdict WHERE shown = '[0,1]'")).isEqualTo(first);
  }
}
