package org.rlhf4j.ppo;

import org.rlhf4j.model.HeadCopy;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutMicroBatch;

/**
 * The policy's next-token distributions on a rollout as they were before the batch's first update:
 * final hidden states of each completion token and a copy of the head, from which logits are made
 * again chunk by chunk. (On a replay that is the policy before the updates, too, whoever sampled.)
 */
final class OldPolicy implements AutoCloseable {
  private final LanguageModel policy;
  private final Rollout rollout;
  private final double temperature;
  private final int tokenBudget;
  private final float[][] states;
  private final HeadCopy head;
  private final int hidden;

  /** Takes the policy as it stands. */
  OldPolicy(LanguageModel policy, Rollout rollout, double temperature, int tokenBudget) {
    this.policy = policy;
    this.rollout = rollout;
    this.temperature = temperature;
    this.tokenBudget = tokenBudget;
    this.hidden = policy.config().dimensions().hidden();
    this.states = new float[rollout.size()][];
    for (RolloutMicroBatch batch : RolloutMicroBatch.of(rollout, i -> true, tokenBudget)) {
      batch.scatter(policy.states(batch.tokens()), states, hidden);
    }
    this.head = policy.headCopy();
  }

  /** The hidden states of a micro-batch's tokens, {@code hidden} numbers each. */
  float[] states(RolloutMicroBatch batch) {
    return batch.flat(states, hidden);
  }

  /** The head. */
  HeadCopy head() {
    return head;
  }

  /** How far the policy is from here now: the mean of KL(π_old ‖ π_θ) per token, in nats. */
  double meanKl() {
    double sum = 0;
    int tokens = 0;
    for (RolloutMicroBatch batch : RolloutMicroBatch.of(rollout, i -> true, tokenBudget)) {
      for (float kl : policy.divergencesFrom(batch.tokens(), temperature, states(batch), head)) {
        sum += kl;
        tokens++;
      }
    }
    return sum / tokens;
  }

  @Override
  public void close() {
    head.close();
  }
}
