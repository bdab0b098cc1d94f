package org.rlhf4j.studio.review;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.studio.Hands;
import org.rlhf4j.studio.label.Annotators;
import org.rlhf4j.studio.label.Gold;
import org.rlhf4j.studio.label.Item;
import org.rlhf4j.studio.label.Labelled;
import org.rlhf4j.studio.label.Labelling;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.label.Progress;
import org.rlhf4j.studio.label.Project;
import org.rlhf4j.studio.label.Settlements;
import org.rlhf4j.studio.store.Store;

/** What holds of gold items and of reviewers, whatever the store is. */
abstract class ReviewTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;
  private final Hands clock = new Hands();
  private Labels labels;
  private Project project;
  private Settlements settlements;
  private long ada;
  private long bob;
  private long rita;

  /** The address of an empty store. */
  abstract String store();

  @BeforeEach
  void open() {
    labels = new Labels(Store.open(store()), clock);
    project = labels.projects().change(Labelled.project(labels, "p", Labelled.pairs(4)), "", 2);
    settlements = new Settlements(labels.store(), clock);
    Annotators annotators = new Annotators(labels.store(), clock);
    ada = annotators.named("ada");
    bob = annotators.named("bob");
    rita = annotators.named("rita");
  }

  @AfterEach
  void close() {
    labels.store().close();
  }

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text.replace('\'', '"'));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String event() {
    return UUID.randomUUID().toString();
  }

  private Item say(long annotator, Labelling.Act act, String answer) {
    Item item = labels.labelling().next(project, annotator).orElseThrow().item();
    labels
        .labelling()
        .take(project, annotator, new Labelling.Given(event(), item.id(), act, json(answer), 1));
    return item;
  }

  private void settle(long item, Settlements.Act act, String answer) {
    settlements.settle(project, rita, event(), item, act, json(answer));
  }

  private List<Long> queue() {
    return ReviewQueue.of(labels.store(), project, 10).items().stream()
        .map(review -> review.item().id())
        .toList();
  }

  /**
   * All four are answered by Ada with the first reply; Bob says the second about the first item.
   */
  private Item disagreed() {
    Item first = say(ada, Labelling.Act.ANSWER, "{'better':0,'strength':4}");
    say(ada, Labelling.Act.ANSWER, "{'better':0,'strength':4}");
    Item bobs = say(bob, Labelling.Act.ANSWER, "{'better':1,'strength':4,'comment':'hm'}");
    assertThat(bobs).isEqualTo(first);
    say(bob, Labelling.Act.ANSWER, "{'better':0,'strength':1}");
    return first;
  }

  @Test
  void whatAnnotatorsDisagreeAboutIsToBeSettled() {
    Item item = disagreed();
    ReviewQueue queue = ReviewQueue.of(labels.store(), project, 10);
    assertThat(queue.waiting()).isEqualTo(1);
    ReviewItem review = queue.items().get(0);
    assertThat(review.item()).isEqualTo(item);
    assertThat(review.disagreement()).isEqualTo(1);
    assertThat(review.answers()).extracting(ReviewItem.Opinion::name).containsExactly("ada", "bob");
    assertThat(review.answers().get(1).answer().get("comment").asText()).isEqualTo("hm");
  }

  @Test
  void theReviewerDecidesWhatIsExported() {
    Item item = disagreed();
    assertThat(Labelled.comparisons(labels.store(), "p")).hasSize(1);
    settle(item.id(), Settlements.Act.ANSWER, "{'better':1,'strength':4}");
    assertThat(queue()).isEmpty();
    assertThat(Labelled.comparisons(labels.store(), "p"))
        .hasSize(2)
        .anyMatch(row -> row.contains("\"chosen\":" + item.completions().get(1)));
    settle(item.id(), Settlements.Act.ANSWER, "{'better':0,'strength':1}");
    assertThat(Labelled.comparisons(labels.store(), "p"))
        .as("the last settlement holds")
        .anyMatch(
            row ->
                row.contains(
                    "\"chosen\":"
                        + item.completions().get(0)
                        + ",\"rejected\":"
                        + item.completions().get(1)
                        + ",\"margin\":0.0"));
    settle(item.id(), Settlements.Act.LEAVE_OUT, "{}");
    assertThat(Labelled.comparisons(labels.store(), "p")).hasSize(1);
    settle(item.id(), Settlements.Act.REOPEN, "{}");
    assertThat(queue()).containsExactly(item.id());
  }

  @Test
  void nobodyIsAskedAboutWhatIsSettled() {
    Item item = say(ada, Labelling.Act.ANSWER, "{'better':0,'strength':4}");
    assertThat(labels.labelling().next(project, bob).orElseThrow().item()).isEqualTo(item);
    settle(item.id(), Settlements.Act.ANSWER, "{'better':1,'strength':4}");
    assertThat(labels.labelling().next(project, bob).orElseThrow().item()).isNotEqualTo(item);
    labels.projects().change(project, "", 3);
    assertThat(labels.labelling().progress(project, bob).left())
        .as("another target doesn't open it")
        .isEqualTo(3);
    assertThatThrownBy(
            () ->
                labels
                    .labelling()
                    .take(
                        project,
                        bob,
                        new Labelling.Given(
                            event(),
                            item.id(),
                            Labelling.Act.ANSWER,
                            json("{'better':0,'strength':4}"),
                            1)))
        .isInstanceOf(Labelling.NotNeededException.class);
    settle(item.id(), Settlements.Act.REOPEN, "{}");
    assertThat(labels.labelling().progress(project, bob).left()).isEqualTo(4);
  }

  @Test
  void aRepeatedSettlementChangesNothing() {
    Item item = disagreed();
    String event = event();
    JsonNode answer = json("{'better':1,'strength':4}");
    settlements.settle(project, rita, event, item.id(), Settlements.Act.ANSWER, answer);
    settle(item.id(), Settlements.Act.REOPEN, "{}");
    settlements.settle(project, rita, event, item.id(), Settlements.Act.ANSWER, answer);
    assertThat(queue()).as("it stays open").containsExactly(item.id());
  }

  @Test
  void whatIsNoAnswerIsNoSettlement() {
    Item item = disagreed();
    assertThatThrownBy(() -> settle(item.id(), Settlements.Act.ANSWER, "{'better':7}"))
        .isInstanceOf(UsageException.class);
    Project other = Labelled.project(labels, "q", Labelled.pairs(1));
    assertThatThrownBy(
            () ->
                settlements.settle(
                    other, rita, event(), item.id(), Settlements.Act.LEAVE_OUT, json("{}")))
        .hasMessage("not a verdict: the project has no such item");
    assertThat(queue()).containsExactly(item.id());
  }

  /** What was sent comes first, then flags, then disagreement. */
  @Test
  void theQueueHasAnOrder() {
    Item disagreed = disagreed();
    Item flagged = say(ada, Labelling.Act.FLAG, "{'comment':'not English'}");
    Item sent = say(ada, Labelling.Act.ANSWER, "{'better':0,'strength':4}");
    settlements.refer(project, rita, sent.id(), "the model is sure of the other one");
    ReviewQueue queue = ReviewQueue.of(labels.store(), project, 2);
    assertThat(queue.waiting()).isEqualTo(3);
    assertThat(queue.items())
        .extracting(one -> one.item().id())
        .containsExactly(sent.id(), flagged.id());
    assertThat(queue.items().get(0).referrals().get(0).reason())
        .isEqualTo("the model is sure of the other one");
    assertThat(queue.items().get(1).flags().get(0))
        .isEqualTo(new ReviewItem.Remark(ada, "ada", "not English"));
    assertThat(queue()).containsExactly(sent.id(), flagged.id(), disagreed.id());
    settle(sent.id(), Settlements.Act.ANSWER, "{'better':1,'strength':1}");
    assertThat(queue()).containsExactly(flagged.id(), disagreed.id());
    settlements.refer(project, ada, sent.id(), "once more");
    assertThat(queue()).as("sent again").startsWith(sent.id());
  }

  /**
   * Gold pairs have the good reply first. One annotator is careful (right in 19 of 20), one
   * careless (a coin).
   */
  @Test
  void goldItemsFindTheCarelessOne() {
    Project many = Labelled.project(labels, "many", Labelled.pairs(600));
    many = labels.projects().change(many, "", 2);
    Labelled.gold(labels, many, 120);
    new Gold(labels.store()).change(many, 0.2);
    Random random = new Random(5);
    for (long annotator : new long[] {ada, bob}) {
      for (int i = 0; i < 500; i++) {
        Labelling.Task task = labels.labelling().next(many, annotator).orElseThrow();
        int good = task.item().completions().get(0).asText().startsWith(" good") ? 0 : 1;
        boolean right = annotator == ada ? random.nextInt(20) > 0 : random.nextBoolean();
        Labelled.say(labels, many, annotator, task.item(), right ? good : 1 - good);
      }
    }
    List<GoldAccuracy> found = GoldAccuracy.of(labels.store(), many);
    assertThat(found).extracting(GoldAccuracy::name).containsExactly("ada", "bob");
    assertThat(found.get(0).low()).isGreaterThan(0.8);
    assertThat(found.get(1).high()).isLessThan(0.7);
    for (GoldAccuracy one : found) {
      assertThat(one.answered()).as("a fifth of 500, give or take").isBetween(70, 120);
    }
    assertThat(Labelled.comparisons(labels.store(), "many"))
        .as("gold isn't exported")
        .noneMatch(row -> row.contains("Gold"));
  }

  /** Nobody can count gold items out: what is left goes down by one with each item. */
  @Test
  void goldItemsLookLikeAllOthers() throws IOException {
    Project many = Labelled.project(labels, "many", Labelled.pairs(60));
    Labelled.gold(labels, many, 20);
    new Gold(labels.store()).change(many, 0.2);
    Progress before = labels.labelling().progress(many, ada);
    assertThat(before.items()).isEqualTo(60);
    assertThat(before.left()).isBetween(65, 80);
    Map<Boolean, Integer> seen = new HashMap<>();
    for (int left = before.left(); left > 0; left--) {
      Labelling.Task task = labels.labelling().next(many, ada).orElseThrow();
      assertThat(labels.labelling().next(many, ada)).as("a reload").contains(task);
      assertThat(JSON.valueToTree(task).path("item").fieldNames())
          .toIterable()
          .containsExactly("id", "kind", "prompt", "completions");
      seen.merge(task.item().prompt().asText().startsWith("Gold"), 1, Integer::sum);
      assertThat(labels.labelling().progress(many, ada).left()).isEqualTo(left);
      Labelled.say(labels, many, ada, task.item(), 0);
    }
    assertThat(labels.labelling().next(many, ada)).isEmpty();
    assertThat(seen.get(false)).isEqualTo(60);
    assertThat(seen.get(true)).isEqualTo(before.left() - 60);
  }

  @Test
  void withoutAShareNoGoldItemIsShown() {
    Labelled.gold(labels, project, 5);
    for (int i = 0; i < 4; i++) {
      say(ada, Labelling.Act.ANSWER, "{'better':0,'strength':4}");
    }
    assertThat(labels.labelling().next(project, ada)).isEmpty();
    assertThatThrownBy(() -> new Gold(labels.store()).change(project, 0.6))
        .hasMessage("share: must be from 0 to 0.5");
  }
}
