/**
 * Where a step's completions come from: a {@link org.rlhf4j.rollout.source.RolloutSource} samples
 * them from the policy and has them scored, or gives what was recorded.
 */
package org.rlhf4j.rollout.source;
