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
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.training.optimizer.Learner;
import org.rlhf4j.training.optimizer.LearningRateSchedule;
import org.rlhf4j.training.optimizer.OptimizerSettings;

/** A critic with a network of its own. */
public final class SeparateCritic implements Critic {
  static final String NAME = "critic";

  private final ScalarModel model;
  private final Learner learner;

  /**
   * A critic.
   *
   * @param model its network, closed with it
   * @param optimizer how its weights are updated
   * @param schedule the learning rate of each step
   */
  public SeparateCritic(
      ScalarModel model, OptimizerSettings optimizer, LearningRateSchedule schedule) {
    this.model = model;
    this.learner = new Learner(model.parameters(), optimizer, schedule);
  }

  @Override
  public float[] values(PackedTokens tokens) {
    return model.values(tokens);
  }

  @Override
  public float accumulate(
      PackedTokens tokens, double weight, BiFunction<NDArray, NDManager, NDArray> loss) {
    try (ScalarPass pass = model.forwardValues(tokens)) {
      NDArray made = loss.apply(pass.scalars(), pass.scope());
      pass.backward(made.mul(weight));
      return made.getFloat();
    }
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
