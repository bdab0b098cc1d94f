package org.rlhf4j.ppo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.BiFunction;
import org.rlhf4j.model.LogprobPass;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.ScalarPass;
import org.rlhf4j.model.torch.Scalars;
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.reward.Normalization;
import org.rlhf4j.training.optimizer.Learner;
import org.rlhf4j.training.optimizer.LearningRateSchedule;
import org.rlhf4j.training.optimizer.OptimizerSettings;

/**
 * A critic with a network of its own, whose numbers are in the units of raw scores. What is learnt
 * from may be normalized scores: then its values are its numbers normalized alike, so that a reward
 * model predicts from the start what is learnt.
 */
public final class SeparateCritic implements Critic {
  static final String NAME = "critic";

  private final ScalarModel model;
  private final Normalization normalization;
  private final Learner learner;

  /**
   * A critic whose values are its network's numbers.
   *
   * @param model its network, closed with it
   * @param optimizer how its weights are updated
   * @param schedule the learning rate of each step
   */
  public SeparateCritic(
      ScalarModel model, OptimizerSettings optimizer, LearningRateSchedule schedule) {
    this(model, Normalization.NONE, optimizer, schedule);
  }

  /**
   * A critic.
   *
   * @param model its network, closed with it
   * @param normalization makes values of the network's numbers, (w h − mean) / deviation
   * @param optimizer how its weights are updated
   * @param schedule the learning rate of each step
   */
  public SeparateCritic(
      ScalarModel model,
      Normalization normalization,
      OptimizerSettings optimizer,
      LearningRateSchedule schedule) {
    this.model = model;
    this.normalization = normalization;
    this.learner = new Learner(model.parameters(), optimizer, schedule);
  }

  @Override
  public float[] values(PackedTokens tokens) {
    return normalized(model.values(tokens));
  }

  @Override
  public float[] lastValues(PackedTokens tokens) {
    return normalized(model.scores(tokens));
  }

  private float[] normalized(float[] values) {
    for (int t = 0; t < values.length; t++) {
      values[t] = (float) normalization.of(values[t]);
    }
    return values;
  }

  @Override
  public float accumulate(
      PackedTokens tokens, double weight, BiFunction<NDArray, NDManager, NDArray> loss) {
    try (ScalarPass pass = model.forwardValues(tokens)) {
      NDArray made = loss.apply(normalized(pass.scalars()), pass.scope());
      pass.backward(Scalars.times(made, weight));
      return made.getFloat();
    }
  }

  private NDArray normalized(NDArray numbers) {
    return normalization.equals(Normalization.NONE)
        ? numbers
        : Scalars.over(numbers.sub(normalization.mean()), normalization.deviation());
  }

  @Override
  public Optional<NDArray> valuesIn(LogprobPass pass) {
    return Optional.empty();
  }

  @Override
  public double update(int step) {
    return learner.update(step);
  }

  @Override
  public void requireFinite() {
    learner.requireFinite();
  }

  @Override
  public void saveCheckpoint(Path folder) throws IOException {
    learner.save(folder, NAME);
  }

  @Override
  public void loadCheckpoint(Path folder) {
    learner.load(folder, NAME);
  }

  @Override
  public Parameters parameters() {
    return model.parameters();
  }

  @Override
  public ScalarModel toModel() {
    return model.copy();
  }

  @Override
  public void close() {
    learner.close();
    model.close();
  }
}
