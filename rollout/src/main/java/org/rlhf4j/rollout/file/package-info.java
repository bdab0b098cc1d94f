/**
 * {@code rollouts.jsonl}: rollouts as JSON lines, written after each step and read back to the last
 * bit, what is unfit refused with its place.
 */
package org.rlhf4j.rollout.file;
