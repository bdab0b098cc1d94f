/**
 * A policy beside its reference on held-out prompts, with the same random numbers: {@link
 * org.rlhf4j.rollout.compare.HeldOutPrompts} samples and scores, {@link
 * org.rlhf4j.rollout.compare.ModelComparison} is what comes of it.
 */
package org.rlhf4j.rollout.compare;
