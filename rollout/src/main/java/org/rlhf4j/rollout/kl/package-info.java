/**
 * How a policy is held to its reference: estimators of the KL between them ({@link
 * org.rlhf4j.rollout.kl.KlEstimator}), and its coefficient, fixed or moved towards a target ({@link
 * org.rlhf4j.rollout.kl.KlController}).
 */
package org.rlhf4j.rollout.kl;
