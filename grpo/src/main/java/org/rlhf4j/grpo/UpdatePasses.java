package org.rlhf4j.grpo;

import java.io.Serializable;
import org.rlhf4j.rollout.ratio.RatioStatistics;

/** Where the passes of an update are computed. */
interface UpdatePasses {

  /**
   * The losses of an update, and what was measured on the way.
   *
   * @param policyLoss Σ w S
   * @param klLoss Σ v KL
   * @param entropy Σ v H
   * @param ratios of the tokens that take part
   */
  record Passed(double policyLoss, double klLoss, double entropy, RatioStatistics ratios)
      implements Serializable {}

  /**
   * Adds the gradient of an update's loss to that of the policy.
   *
   * @param update a step's or a minibatch's
   * @param coefficient β of the KL in the loss, 0 for none
   */
  Passed of(GroupExperience update, double coefficient);
}
