package org.rlhf4j.studio.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.studio.circle.RewardModel;
import org.rlhf4j.studio.circle.RewardModels;
import org.rlhf4j.studio.circle.TinyReward;
import org.rlhf4j.studio.label.Labelled;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.label.Project;
import org.rlhf4j.studio.store.Store;
import org.rlhf4j.studio.train.Training.State;

/** What is kept of trainings, whatever the store is. */
abstract class TrainingRecordsTest {

  private static final Recipe RECIPE = new Recipe("/models/base", "base", 3, 1e-5, 16);

  @TempDir Path folder;
  private Labels labels;
  private Project project;
  private TrainingRecords records;

  /** The address of an empty store. */
  abstract String store();

  @BeforeEach
  void open() {
    labels = new Labels(Store.open(store()), Clock.systemUTC());
    project = Labelled.project(labels, "p", Labelled.pairs(3));
    records = new TrainingRecords(labels.store(), Clock.systemUTC());
  }

  @AfterEach
  void close() {
    labels.store().close();
  }

  private Training add(Long before, Long... items) {
    Snapshot snapshot = new Snapshot(folder.resolve("p-1"), "abc", 17, 4, Set.of(items));
    return records.add(project, "here", RECIPE, snapshot, before);
  }

  private int learnt(Training training) {
    return labels
        .store()
        .read(
            handle ->
                handle
                    .createQuery("SELECT COUNT(*) FROM training_item WHERE training_id = :id")
                    .bind("id", training.id())
                    .mapTo(Integer.class)
                    .one());
  }

  /** 17 rows in steps of 16 are two steps a pass. */
  @Test
  void aTrainingIsReadAsItWasKept() {
    Training training = add(null, 1L, 2L);
    assertThat(training.recipe()).isEqualTo(RECIPE);
    assertThat(training.steps()).isEqualTo(6);
    assertThat(training.state()).isEqualTo(State.WAITING);
    assertThat(training.process()).isNull();
    assertThat(training.ended()).isNull();
    records.keep(training, new ProcessMark(7, 8));
    records.keep(training, Labelled.json("{'accuracy': 0.5}"));
    Training kept = records.of(project).get(0);
    assertThat(kept.process()).isEqualTo(new ProcessMark(7, 8));
    assertThat(kept.judged().path("accuracy").asDouble()).isEqualTo(0.5);
    assertThat(records.projectName(kept)).isEqualTo("p");
  }

  @Test
  void onlyOneMovesATraining() {
    Training training = add(null, 1L);
    assertThat(records.move(training, State.RUNNING, "")).isTrue();
    assertThat(records.move(training, State.WITHDRAWN, "")).isFalse();
    assertThat(records.in(State.RUNNING, "here")).hasSize(1);
    assertThat(records.in(State.RUNNING, "elsewhere")).isEmpty();
    assertThat(records.move(records.again(training), State.FAILED, "why")).isTrue();
    assertThat(records.again(training).said()).isEqualTo("why");
    assertThat(records.again(training).ended()).isNotNull();
  }

  /** Several studios look at the same queue at once: one begins one training. */
  @Test
  void ofSeveralStudiosOneBeginsOneTraining() throws Exception {
    ExecutorService studios = Executors.newFixedThreadPool(4);
    for (int round = 0; round < 10; round++) {
      Training first = add(null, 1L);
      Training second = add(null, 1L);
      List<Callable<Optional<Training>>> all =
          Collections.nCopies(4, () -> records.begin("here", new ProcessMark(7, 8)));
      List<Training> begun = new ArrayList<>();
      for (Future<Optional<Training>> one : studios.invokeAll(all)) {
        one.get().ifPresent(begun::add);
      }
      assertThat(begun).extracting(Training::id).containsExactly(first.id());
      assertThat(begun.get(0).planner()).isEqualTo(new ProcessMark(7, 8));
      assertThat(records.begin("elsewhere", new ProcessMark(7, 8))).isEmpty();
      records.move(begun.get(0), State.FINISHED, "");
      records.move(second, State.WITHDRAWN, "");
    }
    studios.shutdown();
  }

  /** What the model before has learnt from is added, and nothing twice. */
  @Test
  void whatWasLearntBeforeIsLearntToo() {
    Training first = add(null, 1L, 2L);
    Training second = add(first.id(), 2L, 3L);
    assertThat(learnt(first)).isEqualTo(2);
    assertThat(learnt(second)).isEqualTo(3);
  }

  @Test
  void theFirstModelIsInUseAtOnce() {
    RewardModels models = new RewardModels(labels.store(), Clock.systemUTC());
    Training training = add(null, 1L);
    Path tiny = TinyReward.in(folder.resolve("tiny"), 1);
    RewardModel first = models.trained(project.id(), training.id(), "p-1", tiny);
    TinyReward.in(folder.resolve("tiny"), 2);
    models.trained(project.id(), training.id(), "p-1", tiny);
    assertThat(models.current(project)).contains(first);
    assertThat(models.of(project)).hasSize(2);
  }
}
