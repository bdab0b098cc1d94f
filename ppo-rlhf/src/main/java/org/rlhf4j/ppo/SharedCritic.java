package org.rlhf4j.ppo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.BiFunction;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.LogprobPass;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.ValueHead;
import org.rlhf4j.model.torch.Scalars;
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.training.optimizer.Learner;
import org.rlhf4j.training.optimizer.LearningRateSchedule;
import org.rlhf4j.training.optimizer.OptimizerSettings;

/**
 * A critic that is a head on the policy's trunk. In the policy's pass its loss reaches the trunk
 * too; alone it trains the head on the trunk as it stands.
 */
public final class SharedCritic implements Critic {
  private final LanguageModel policy;
  private final ValueHead head;
  private final Learner learner;

  /**
   * A critic.
   *
   * @param policy whose trunk it reads
   * @param head closed with it
   * @param optimizer how the head is updated
   * @param schedule the head's learning rate of each step
   */
  public SharedCritic(
      LanguageModel policy,
      ValueHead head,
      OptimizerSettings optimizer,
      LearningRateSchedule schedule) {
    this.policy = policy;
    this.head = head;
    this.learner = new Learner(head.parameters(), optimizer, schedule);
  }

  @Override
  public float[] values(PackedTokens tokens) {
    return head.values(policy, tokens);
  }

  @Override
  public float[] lastValues(PackedTokens tokens) {
    return head.lastValues(policy, tokens);
  }

  @Override
  public float accumulate(
      PackedTokens tokens, double weight, BiFunction<NDArray, NDManager, NDArray> loss) {
    try (NDManager scope = head.parameters().manager().newSubManager();
        GradientCollector collector = scope.getEngine().newGradientCollector()) {
      NDArray made = loss.apply(head.of(head.states(policy, tokens, scope)), scope);
      collector.backward(Scalars.times(made, weight));
      return made.getFloat();
    }
  }

  @Override
  public Optional<NDArray> valuesIn(LogprobPass pass) {
    return Optional.of(head.of(pass.states()));
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
    learner.save(folder, SeparateCritic.NAME);
  }

  @Override
  public void loadCheckpoint(Path folder) {
    learner.load(folder, SeparateCritic.NAME);
  }

  @Override
  public Parameters parameters() {
    return head.parameters();
  }

  @Override
  public ScalarModel toModel() {
    return head.on(policy);
  }

  @Override
  public void close() {
    learner.close();
    head.close();
  }
}
