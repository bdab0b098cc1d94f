package org.rlhf4j.studio.circle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.studio.label.Item;
import org.rlhf4j.studio.label.ItemKind;
import org.rlhf4j.studio.label.Labelled;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.label.Project;

class ScoringTest {

  @TempDir Path folder;

  private static Item item(long id, String prompt, String... completions) {
    JsonNode said = Labelled.json("['" + String.join("','", completions) + "']");
    return new Item(id, ItemKind.COMPARE, Labelled.json("'" + prompt + "'"), said);
  }

  /** One completion at a time through the network, without batches. */
  private static float alone(ScalarModel model, String prompt, String completion) {
    int[] before = model.tokenizer().encode(prompt);
    int[] all = model.tokenizer().encode(prompt + completion);
    List<Integer> ids = new ArrayList<>();
    for (int i = before.length; i < all.length; i++) {
      ids.add(all[i]);
    }
    ids.add(model.tokenizer().stopIds()[0]);
    int[] said = ids.stream().mapToInt(Integer::intValue).toArray();
    return model.scores(PackedTokens.of(List.of(new TokenTree(before, List.of(said)))))[0];
  }

  @Test
  void scoresAreThoseOfEachCompletionAlone() {
    TinyReward.in(folder, 1);
    try (ScalarModel model = ScalarModel.load(folder)) {
      List<Item> items =
          List.of(
              item(1, "How are you?", " fine", " not so fine at all"),
              item(2, "Long", "a".repeat(300), "b"),
              item(3, "Say", " this", " that", " another thing"));
      Map<Long, float[]> scores = Scoring.score(model, items);
      assertThat(scores.get(2L)).as("it has 64 positions").isEmpty();
      assertThat(scores.get(1L)[0]).isCloseTo(alone(model, "How are you?", " fine"), within(1e-5f));
      assertThat(scores.get(1L)[1])
          .isCloseTo(alone(model, "How are you?", " not so fine at all"), within(1e-5f));
      assertThat(scores.get(3L)).hasSize(3);
      assertThat(scores.get(3L)[2]).isCloseTo(alone(model, "Say", " another thing"), within(1e-5f));
      assertThat(scores.get(3L)[0]).isNotEqualTo(scores.get(3L)[1]);
    }
  }

  @Test
  void itemsAreScoredInTheBackground() throws InterruptedException {
    Labels labels = Labelled.in(folder.resolve("store"));
    Project project = Labelled.project(labels, "p", Labelled.pairs(100));
    Labelled.answerNext(labels, project, "{'better': 0, 'strength': 1}");
    RewardModels models = new RewardModels(labels.store(), Clock.systemUTC());
    ItemScores scores = new ItemScores(labels.store());
    RewardModel model = models.brought(TinyReward.in(folder.resolve("tiny"), 1));
    try (Scoring scoring = new Scoring(scores, Precision.FP32)) {
      assertThat(scores.missing(model, project, ItemScores.Which.ANSWERED)).isOne();
      CountDownLatch done = new CountDownLatch(1);
      scoring.thenDo(model, project, ItemScores.Which.ALL, done::countDown, line -> {});
      done.await();
      assertThat(scores.of(model, project)).hasSize(100);
      assertThat(scoring.want(model, project, ItemScores.Which.ALL).missing()).isZero();
    }
    labels.store().close();
  }

  /** A model that is gone is said to be so once, and looked for again when that is asked for. */
  @Test
  void whatFailsIsSaid() throws InterruptedException {
    Labels labels = Labelled.in(folder.resolve("store"));
    Project project = Labelled.project(labels, "p", Labelled.pairs(1));
    Labelled.answerNext(labels, project, "{'better': 0, 'strength': 1}");
    ItemScores scores = new ItemScores(labels.store());
    RewardModel gone = new RewardModel(1, "gone", folder.resolve("gone"), null, 0);
    CountDownLatch after = new CountDownLatch(1);
    try (Scoring scoring = new Scoring(scores, Precision.FP32)) {
      scoring.want(gone, project, ItemScores.Which.ANSWERED);
      Project empty = Labelled.project(labels, "empty", "{\"prompt\":\"x\"}");
      scoring.thenDo(gone, empty, ItemScores.Which.ANSWERED, after::countDown, line -> {});
      after.await();
      assertThat(scoring.want(gone, project, ItemScores.Which.ANSWERED).fault())
          .contains(folder.resolve("gone").toString());
    }
    labels.store().close();
  }
}
