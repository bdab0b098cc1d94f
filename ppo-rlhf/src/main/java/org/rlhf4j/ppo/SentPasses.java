package org.rlhf4j.ppo;

/**
 * The passes of an update at the process that they are sent to.
 *
 * @param passes of policy and critic
 * @param objective of the policy
 * @param tokenBudget tokens that go through a network at once
 */
record SentPasses(NetworkPasses passes, PolicyObjective objective, int tokenBudget) {

  /** Adds the gradients of some completions' share of the losses of policy and critic. */
  MinibatchPasses.Passed ofBoth(SentExperience sent, double klCoefficient) {
    return passes.ofBoth(objective, sent.minibatch(tokenBudget), klCoefficient);
  }

  /** Adds the gradient of some completions' share of the value loss. */
  double ofCritic(SentExperience sent) {
    return passes.ofCritic(sent.minibatch(tokenBudget));
  }
}
