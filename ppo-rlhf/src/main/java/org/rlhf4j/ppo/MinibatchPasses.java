package org.rlhf4j.ppo;

import java.io.Serializable;
import org.rlhf4j.rollout.ratio.RatioStatistics;

/** Where the passes of an update are computed. */
interface MinibatchPasses {

  /**
   * What an update's passes give.
   *
   * @param policyLoss mean over its tokens
   * @param klLoss β times the mean over its tokens of the KL in the loss
   * @param valueLoss mean over its tokens, unweighted
   * @param ratios of its tokens
   */
  record Passed(double policyLoss, double klLoss, double valueLoss, RatioStatistics ratios)
      implements Serializable {}

  /**
   * Adds the gradients of a minibatch's losses to those of policy and critic.
   *
   * @param objective of the policy
   * @param klCoefficient β of the KL in the loss; 0 for none
   */
  Passed ofBoth(PolicyObjective objective, Minibatch minibatch, double klCoefficient);

  /** Adds the gradient of the value loss to that of the critic alone; returns the loss. */
  double ofCritic(Minibatch minibatch);
}
