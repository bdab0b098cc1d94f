package org.rlhf4j.training;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.training.health.HealthCheck;
import org.rlhf4j.training.health.TrainingHealth;
import org.rlhf4j.training.optimizer.NonFiniteException;
import org.rlhf4j.training.run.AtomicFiles;
import org.rlhf4j.training.run.Metrics;
import org.rlhf4j.training.run.RunDirectory;
import org.rlhf4j.training.run.Sample;

/**
 * What a training stage gives to the {@link TrainingLoop}. A step depends on its number and on the
 * state that a checkpoint holds, on nothing else: that is why a resumed run continues to the same
 * numbers.
 */
public interface Stage {

  /**
   * What the stage is called where its progress is shown.
   *
   * @return such as {@code sft}
   */
  String name();

  /**
   * How long the run is.
   *
   * @return steps in all, at least 1
   */
  int steps();

  /** The number format that its networks compute in. */
  default Precision precision() {
    return Precision.FP32;
  }

  /**
   * What its metrics are watched for while it runs.
   *
   * @return the checks, in the order in which a step's warnings are given
   */
  default List<HealthCheck> checks() {
    return TrainingHealth.CHECKS;
  }

  /**
   * What the run is going to do, told before its first step.
   *
   * @return the plan, or empty where there is nothing to tell
   */
  default Optional<RunPlan> plan() {
    return Optional.empty();
  }

  /**
   * Makes one optimizer step (ppo, grpo: one rollout batch with all its updates).
   *
   * @param step the step, from 1
   * @param stop may be looked at while all that a checkpoint holds is still that of the step
   *     before; a stage may also leave it to be looked at after the step
   * @return what it measured
   * @throws NonFiniteException when a loss or a gradient isn't finite
   * @throws StoppedException by {@code stop}: the step isn't made, and {@link #saveCheckpoint} and
   *     {@link #counters} give what the step before left
   * @throws IOException when a file of the run can't be written
   */
  Metrics step(int step, StopFlag stop) throws IOException;

  /**
   * Which metrics the progress line shows.
   *
   * @return two or three names
   */
  List<String> shownMetrics();

  /**
   * Evaluates on the held-out rows and writes {@code evaluation.json}. Called where {@link
   * EvaluationSettings} say so and at the last step, before its metrics are written.
   *
   * @param step the step that was just made
   * @return metrics to add to those of the step ({@code eval_loss}, …), empty where there is
   *     nothing held out
   * @throws IOException when a file of the run can't be written
   */
  default Metrics evaluate(int step) throws IOException {
    return new Metrics();
  }

  /**
   * By what the evaluations are compared.
   *
   * @return what the best one has
   */
  default HeldOutGoal goal() {
    return HeldOutGoal.LEAST_LOSS;
  }

  /**
   * Whether the run ends after a step, though more were planned. It goes by what the step measured
   * alone, so a run that is resumed there ends too.
   *
   * @param metrics of the step, without those of an evaluation
   * @return why, in a few words, or empty where it goes on
   */
  default Optional<String> reasonToStop(Metrics metrics) {
    return Optional.empty();
  }

  /**
   * Samples completions of a few prompts, always the same ones with the same random numbers, by the
   * model as it stands. Called before the first step and after each evaluation.
   *
   * @return what goes to {@code samples.jsonl}; empty where the stage makes no texts
   */
  default List<Sample> samples() {
    return List.of();
  }

  /**
   * Looks at all weights that the stage trains. Called before they are evaluated or written, so
   * that a last update that diverged makes no model.
   *
   * @throws NonFiniteException when one is NaN or infinite
   */
  default void requireFinite() {}

  /**
   * Writes everything that later steps depend on, but for {@link #counters()}.
   *
   * @param folder an empty folder
   * @throws IOException when it can't be written
   */
  void saveCheckpoint(Path folder) throws IOException;

  /**
   * Takes over what {@link #saveCheckpoint} wrote.
   *
   * @param folder the folder of a complete checkpoint
   * @throws IOException when it can't be read
   */
  void loadCheckpoint(Path folder) throws IOException;

  /**
   * Numbers beside tensors that later steps depend on, such as an adaptive KL coefficient.
   *
   * @return numbers by name, kept exactly
   */
  default Map<String, Double> counters() {
    return Map.of();
  }

  /**
   * Takes over {@link #counters()} of a checkpoint, after {@link #loadCheckpoint}.
   *
   * @param counters numbers by name
   */
  default void restoreCounters(Map<String, Double> counters) {}

  /**
   * Writes what the run made: {@code model/} and, where there is one, {@code critic/}, each through
   * {@link AtomicFiles#writeFolder}.
   *
   * @param run where to
   * @throws IOException when it can't be written
   */
  void saveModel(RunDirectory run) throws IOException;

  /**
   * Writes the batch of the step that ended in a {@link NonFiniteException}.
   *
   * @param file where to, one JSON object per row
   * @throws IOException when it can't be written
   */
  default void saveFailedBatch(Path file) throws IOException {}
}
