package org.rlhf4j.studio.web;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import org.rlhf4j.settings.MachineSettings;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.settings.PrecisionChoice;
import org.rlhf4j.studio.choice.Choices;
import org.rlhf4j.studio.circle.Circles;
import org.rlhf4j.studio.circle.ItemScores;
import org.rlhf4j.studio.circle.RewardModels;
import org.rlhf4j.studio.circle.Scoring;
import org.rlhf4j.studio.label.KeptPrompts;
import org.rlhf4j.studio.store.Store;
import org.rlhf4j.studio.train.Memory;
import org.rlhf4j.studio.train.PipelineChoice;
import org.rlhf4j.studio.train.RlhfCommand;
import org.rlhf4j.studio.train.TestCommand;
import org.rlhf4j.studio.train.TrainingSettings;
import org.rlhf4j.studio.train.Trainings;

/** The parts of the circle of a store in a folder of a test; no training begins by itself. */
final class TinyCircle implements AutoCloseable {

  private final CircleParts parts;

  TinyCircle(Store store, Path folder) throws IOException {
    RewardModels models = new RewardModels(store, Clock.systemUTC());
    Scoring scoring = new Scoring(new ItemScores(store), Precision.FP32);
    Circles circles = new Circles(store, scoring.scores());
    KeptPrompts kept = new KeptPrompts(0.2);
    parts =
        new CircleParts(
            models,
            scoring,
            circles,
            new Choices(store, Clock.systemUTC(), scoring, circles, kept),
            new Trainings(store, Clock.systemUTC(), place(folder, kept), models, Optional.empty()),
            new TrainingDefaults(Optional.empty(), "", TrainingSettings.USUAL));
  }

  private static Trainings.Place place(Path folder, KeptPrompts kept) throws IOException {
    RlhfCommand command = TestCommand.of(PipelineMain.class);
    MachineSettings machine =
        new MachineSettings(MachineSettings.Device.CPU, 1, PrecisionChoice.FP32, 3);
    return new Trainings.Place(
        "",
        folder.resolve("runs/trained"),
        command,
        kept,
        Memory.ofMachine(command),
        new PipelineChoice(null, machine));
  }

  CircleParts parts() {
    return parts;
  }

  @Override
  public void close() {
    parts.trainings().close();
    parts.scoring().close();
  }
}
