/**
 * What the tests of several stages share, and nothing that is for others to use: {@link
 * org.rlhf4j.testing.stages.RunFiles} reads what a run left, {@link
 * org.rlhf4j.testing.stages.PolicyRuns} makes small runs of a stage that trains a policy, and the
 * contracts are tests that each such stage extends with what it has of its own.
 */
package org.rlhf4j.testing.stages;
