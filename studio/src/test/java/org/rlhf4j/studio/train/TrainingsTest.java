package org.rlhf4j.studio.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.data.file.OnBadRow;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.row.Rows;
import org.rlhf4j.pipeline.Pipeline;
import org.rlhf4j.settings.MachineSettings;
import org.rlhf4j.settings.PrecisionChoice;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.studio.circle.RewardModels;
import org.rlhf4j.studio.label.KeptPrompts;
import org.rlhf4j.studio.label.Labelled;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.label.Project;
import org.rlhf4j.studio.talk.Replies;
import org.rlhf4j.studio.talk.TinyTalk;
import org.rlhf4j.studio.train.Training.State;
import org.rlhf4j.training.run.ContentHash;

/** Trainings whose process does what it is told. */
class TrainingsTest {

  private static final MachineSettings MACHINE =
      new MachineSettings(MachineSettings.Device.CPU, 1, PrecisionChoice.FP32, 3);
  private static final Path TINY = Path.of("../rollout/src/test/resources/fixtures/tiny");

  /** Memory that a test says. */
  private static final class Said implements Memory {
    private long planned = 1;
    private long free = 2;
    private Runnable meanwhile = () -> {};

    @Override
    public long planned(Training training) {
      meanwhile.run();
      return planned;
    }

    @Override
    public long free() {
      return free;
    }
  }

  @TempDir Path folder;
  private final Said memory = new Said();
  private Labels labels;
  private Project project;
  private RewardModels models;
  private Trainings trainings;

  @BeforeEach
  void open() {
    labels = Labelled.in(folder.resolve("store"));
    project = Labelled.project(labels, "p", Labelled.pairs(20));
    for (int i = 0; i < 10; i++) {
      Labelled.answerNext(labels, project, "{'better': 0, 'strength': 4}");
    }
    models = new RewardModels(labels.store(), Clock.systemUTC());
    trainings = trainings(Optional.empty());
  }

  private Trainings trainings(Optional<Replies> talk) {
    return new Trainings(
        labels.store(),
        Clock.systemUTC(),
        new Trainings.Place(
            "",
            folder.resolve("runs/trained"),
            TestCommand.of(ToldRlhf.class),
            new KeptPrompts(0.2),
            memory,
            new PipelineChoice(null, MACHINE)),
        models,
        talk);
  }

  @AfterEach
  void close() throws IOException {
    for (Training training : trainings.of(project)) {
      if (training.process() != null) {
        training.process().alive().ifPresent(ProcessHandle::destroyForcibly);
      }
    }
    trainings.close();
    labels.store().close();
  }

  private static Recipe recipe() {
    return new Recipe(TINY.toAbsolutePath().normalize().toString(), "tiny", 3, 1e-3, 4);
  }

  private Training ask() {
    return trainings.ask(project, recipe(), Optional.empty());
  }

  private Training now(Training training) {
    return trainings.of(project).stream()
        .filter(other -> other.id() == training.id())
        .findFirst()
        .orElseThrow();
  }

  /** Looks after the trainings until something holds; it fails after a minute. */
  private void until(BooleanSupplier holds) {
    long end = System.nanoTime() + 60_000_000_000L;
    while (!holds.getAsBoolean()) {
      trainings.look();
      assertThat(System.nanoTime()).as(trainings.of(project).toString()).isLessThan(end);
    }
  }

  private Training begun() {
    Training training = ask();
    until(
        () -> {
          try {
            return trainings.lastStep(now(training)).isPresent();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
    return now(training);
  }

  private static void tell(Training training, String what) throws IOException {
    Files.createFile(training.folder().resolve(what));
  }

  /** Ten labels, of which those of kept prompts are in a file of their own. */
  @Test
  void theLabelsAreWrittenAsTheyAre() throws IOException {
    Training training = ask();
    assertThat(training.state()).isEqualTo(State.WAITING);
    assertThat(training.learnt() + training.kept()).isEqualTo(10);
    assertThat(training.kept()).isPositive();
    Path rows = training.folder().resolve(Snapshot.LABELS);
    assertThat(ContentHash.of(rows)).contains(training.labels());
    assertThat(Rows.read(List.of(rows), RowKind.COMPARISONS, OnBadRow.FAIL).rows())
        .hasSize(training.learnt())
        .allSatisfy(row -> assertThat(row.chosen()).startsWith(" good"));
    assertThat(Files.readAllLines(training.folder().resolve(Snapshot.KEPT)))
        .hasSize(training.kept());
    assertThat(Files.readString(training.pipeline()))
        .isEqualTo(
            """
            # A reward model from the labels of project "p". Written by rlhf studio; 'rlhf run' runs it.
            seed: 3
            device: cpu
            precision: fp32
            threads: 1
            stages:
              - name: reward
                stage: reward
                model: "%s"
                data: labels.jsonl
                eval-data: kept.jsonl
                batch-size: 4
                steps: %s
                learning-rate: 0.001
            """
                .formatted(recipe().base(), 3 * ((training.learnt() + 3) / 4)));
    assertThat(Pipeline.read(training.pipeline(), training.folder(), Map.of()).stages()).hasSize(1);
  }

  @Test
  void withoutLabelsThereIsNoTraining() {
    Project empty = Labelled.project(labels, "empty", Labelled.pairs(1));
    assertThatThrownBy(() -> trainings.ask(empty, recipe(), Optional.empty()))
        .isInstanceOf(UserException.class)
        .hasMessage("project 'empty' has no label yet that a reward model learns from");
    assertThat(folder.resolve("runs/trained/empty-1")).doesNotExist();
    assertThatThrownBy(() -> new Recipe("x", "x", 0, 1e-3, 4)).isInstanceOf(UsageException.class);
  }

  /** The first model of a project is used; a second one is only there. */
  @Test
  void aTrainingLeavesARewardModel() throws IOException {
    Training training = begun();
    assertThat(training.state()).isEqualTo(State.RUNNING);
    assertThat(trainings.lastStep(training).orElseThrow().path("step").asInt()).isEqualTo(7);
    assertThat(trainings.log(training).get(0)).startsWith("rlhf run ");
    tell(training, "finish");
    until(() -> now(training).state() == State.FINISHED);
    assertThat(models.current(project).orElseThrow().name()).isEqualTo("p-1");
    assertThat(models.current(project).orElseThrow().training()).isEqualTo(training.id());
    assertThat(now(training).judged())
        .isEqualTo(
            Labelled.json(
                "{'pairs': 9, 'accuracy': 0.5, 'accuracy_low': 0.3, 'accuracy_high': 0.7}"));
    Training second = begun();
    tell(second, "finish");
    until(() -> now(second).state() == State.FINISHED);
    assertThat(models.of(project)).hasSize(2);
    assertThat(models.current(project).orElseThrow().name()).isEqualTo("p-1");
    assertThatThrownBy(() -> trainings.stop(now(second))).hasMessageContaining("it has ended");
    assertThatThrownBy(() -> trainings.resume(now(second)))
        .hasMessageContaining("nothing to resume");
  }

  @Test
  void oneTrainsAtATimeAndOthersWait() throws IOException {
    Training first = begun();
    Training second = ask();
    Training third = ask();
    trainings.look();
    assertThat(trainings.queue()).extracting(Training::name).containsExactly("p-1", "p-2", "p-3");
    assertThat(now(second).state()).isEqualTo(State.WAITING);
    trainings.stop(second);
    assertThat(now(second).state()).isEqualTo(State.WITHDRAWN);
    tell(first, "finish");
    until(() -> now(third).state() == State.RUNNING);
    assertThat(now(first).state()).isEqualTo(State.FINISHED);
  }

  @Test
  void aTrainingIsStoppedAndResumed() throws IOException {
    Training training = begun();
    trainings.stop(training);
    until(() -> now(training).state() == State.STOPPED);
    Files.delete(training.folder().resolve("pipeline/stop")); // as a pipeline does that begins
    trainings.resume(now(training));
    until(() -> now(training).state() == State.RUNNING);
    tell(training, "finish");
    until(() -> now(training).state() == State.FINISHED);
  }

  @Test
  void aFailedTrainingSaysWhy() throws IOException {
    Training training = begun();
    tell(training, "fail");
    until(() -> now(training).state() == State.FAILED);
    assertThat(now(training).said()).isEqualTo("labels.jsonl:1:1: something is wrong");
    Training killed = begun();
    tell(killed, "die");
    until(() -> now(killed).state() == State.FAILED);
    assertThat(now(killed).said())
        .startsWith("its process ended without saying why; it may have been killed. Its last line:")
        .contains("step 7/40");
  }

  /** The studio ends; the training goes on, and the next studio finds it. */
  @Test
  void aTrainingOutlivesTheStudio() throws IOException {
    Training training = begun();
    trainings.close();
    assertThat(training.process().alive()).isPresent();
    trainings = trainings(Optional.empty());
    trainings.look();
    assertThat(now(training).state()).isEqualTo(State.RUNNING);
    tell(training, "finish");
    until(() -> now(training).state() == State.FINISHED);
    assertThat(models.current(project)).isPresent();
  }

  /** Ctrl-C in a terminal reaches the processes of its session. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void aTrainingHasASessionOfItsOwn() throws IOException {
    Training training = begun();
    assertThat(session(training.process().number())).isEqualTo(training.process().number());
    assertThat(session(ProcessHandle.current().pid())).isNotEqualTo(training.process().number());
  }

  /** The fourth field after the name, which stands in brackets. */
  private static long session(long process) throws IOException {
    String stat = Files.readString(Path.of("/proc", String.valueOf(process), "stat"));
    return Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[3]);
  }

  /** Its number isn't known, as after a crash in that moment, but its lock is held. */
  @Test
  void aTrainingIsFoundByItsLock() throws IOException {
    Training training = begun();
    Training unmarked =
        new Training(
            training.id(),
            training.project(),
            training.machine(),
            training.folder(),
            training.state(),
            training.recipe(),
            training.steps(),
            training.labels(),
            training.learnt(),
            training.kept(),
            training.planner(),
            new ProcessMark(training.process().number(), 1),
            "",
            null,
            0,
            null);
    assertThat(unmarked.process().alive()).as("another process of this number").isEmpty();
    assertThat(TrainingProcess.isAlive(unmarked)).isTrue();
    ProcessHandle process = training.process().alive().orElseThrow();
    process.destroyForcibly();
    process.onExit().join();
    assertThat(TrainingProcess.isAlive(unmarked)).isFalse();
  }

  @Test
  void theModelToTalkWithIsLetGoBeforeATrainingIsRefused() throws IOException {
    Replies talk = TinyTalk.replies(1);
    trainings.close();
    trainings = trainings(Optional.of(talk));
    memory.planned = 3_000_000_000L;
    memory.free = 2_000_000_000L;
    Training refused = ask();
    until(() -> now(refused).state() == State.REFUSED);
    assertThat(now(refused).said())
        .startsWith("it would take 3.0 GB of memory, and 2.0 GB are free;");
    assertThatThrownBy(() -> talk.tokens("hi")).hasMessageContaining("the model is let go");
    trainings.look();
    assertThat(talk.tokens("hi")).as("it has come back").isPositive();
    memory.planned = 1;
    trainings.resume(now(refused));
    until(() -> now(refused).state() == State.RUNNING);
    assertThat(talk.tokens("hi")).as("there was memory enough for both").isPositive();
    talk.close();
  }

  /** Planning takes seconds, and another studio of this store looks at the trainings meanwhile. */
  @Test
  void whatOneStudioPlansAnotherLeavesAlone() {
    Trainings other = trainings(Optional.empty());
    Training first = ask();
    Training second = ask();
    List<State> meanwhile = new ArrayList<>();
    memory.meanwhile =
        () -> {
          other.look();
          meanwhile.add(now(first).state());
          meanwhile.add(now(second).state());
        };
    trainings.look();
    assertThat(meanwhile).containsExactly(State.RUNNING, State.WAITING);
    other.look();
    assertThat(now(first).state()).isEqualTo(State.RUNNING);
    assertThat(now(first).process()).isNotNull();
    assertThat(now(second).state()).isEqualTo(State.WAITING);
    other.close();
  }

  /** A number that the system has given again isn't the studio that planned. */
  @Test
  void whatAStudioPlannedThatIsGoneIsBegunByTheNext() {
    Training training = ask();
    ProcessMark gone = new ProcessMark(ProcessHandle.current().pid(), 1);
    assertThat(new TrainingRecords(labels.store(), Clock.systemUTC()).begin("", gone)).isPresent();
    trainings.look();
    assertThat(now(training).state()).isEqualTo(State.WAITING);
    trainings.look();
    assertThat(now(training).state()).isEqualTo(State.RUNNING);
    assertThat(now(training).process()).isNotNull();
  }

  /** The store can't be reached when a training is to begin, and then it can. */
  @Test
  void whatCouldNotBeBegunWaitsAgain() {
    Training training = ask();
    memory.meanwhile =
        () -> {
          throw new IllegalStateException("no store");
        };
    trainings.look();
    memory.meanwhile = () -> {};
    until(() -> now(training).process() != null);
    assertThat(now(training).state()).isEqualTo(State.RUNNING);
  }

  /** Items that a model has learnt from, and those that the one before it has. */
  @Test
  void whatWasLearntIsKnown() throws IOException {
    Training first = begun();
    tell(first, "finish");
    until(() -> now(first).state() == State.FINISHED);
    for (int i = 0; i < 10; i++) {
      Labelled.answerNext(labels, project, "{'better': 0, 'strength': 4}");
    }
    Training second = trainings.ask(project, recipe(), models.current(project));
    assertThat(second.learnt()).isGreaterThan(first.learnt());
    assertThat(items(second)).isEqualTo(second.learnt());
    assertThat(items(first)).isEqualTo(first.learnt());
    assertThat(second.labels()).isNotEqualTo(first.labels());
  }

  private int items(Training training) {
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
}
