package org.rlhf4j.training.optimizer;

import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.rlhf4j.model.weights.Parameters;

/**
 * A network's weights with what updates them: gradient clipping, AdamW and a learning-rate
 * schedule.
 */
public final class Learner implements AutoCloseable {
  private final Parameters parameters;
  private final AdamW optimizer;
  private final LearningRateSchedule schedule;
  private final double maxGradNorm;

  /**
   * A learner that has made no update yet.
   *
   * @param parameters the weights, made trainable; they outlive the learner
   * @param settings the optimizer's
   * @param schedule the learning rate of each step
   */
  public Learner(Parameters parameters, OptimizerSettings settings, LearningRateSchedule schedule) {
    parameters.trainable(true);
    this.parameters = parameters;
    this.optimizer = settings.adamW(parameters);
    this.schedule = schedule;
    this.maxGradNorm = settings.maxGradNorm();
  }

  /**
   * Makes the passes of an update. If they end early, by a stop or a fault, the gradients are set
   * to zero: nothing of a part of them is kept.
   *
   * @param passes add to the gradients
   * @return what they measured
   */
  public <T> T gradient(Supplier<T> passes) {
    try {
      return passes.get();
    } catch (RuntimeException e) {
      discard();
      throw e;
    }
  }

  /**
   * Clips the gradients, updates the weights and sets the gradients to zero.
   *
   * @param step whose learning rate is used, from 1
   * @return the gradients' norm before clipping
   * @throws NonFiniteException when that isn't finite; the weights are untouched then
   */
  public double update(int step) {
    double norm = GradientNorm.clip(parameters, maxGradNorm);
    optimizer.step(schedule.at(step));
    parameters.zeroGradients();
    return norm;
  }

  /** Sets the gradients to zero and leaves the weights as they are: an update that isn't made. */
  public void discard() {
    parameters.zeroGradients();
  }

  /**
   * Looks at all weights, as they are about to be evaluated or written.
   *
   * @throws NonFiniteException when one is NaN or infinite
   */
  public void requireFinite() {
    NonFiniteException.check(parameters);
  }

  /** The learning rate of a step, from 1. */
  public double learningRate(int step) {
    return schedule.at(step);
  }

  /**
   * Writes weights and optimizer state.
   *
   * @param folder where to
   * @param name what the files' names begin with
   * @throws IOException when they can't be written
   */
  public void save(Path folder, String name) throws IOException {
    WeightsFile.save(parameters, folder.resolve(name + ".safetensors"));
    optimizer.save(folder.resolve(name + ".optimizer.safetensors"));
  }

  /**
   * Takes over what {@link #save} wrote.
   *
   * @param folder where from
   * @param name what the files' names begin with
   */
  public void load(Path folder, String name) {
    WeightsFile.load(parameters, folder.resolve(name + ".safetensors"));
    optimizer.load(folder.resolve(name + ".optimizer.safetensors"));
  }

  @Override
  public void close() {
    optimizer.close();
  }
}
