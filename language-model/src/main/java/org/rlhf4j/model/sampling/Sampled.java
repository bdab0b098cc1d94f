package org.rlhf4j.model.sampling;

/**
 * A sampled completion.
 *
 * @param ids its tokens, the stop id included when it was produced
 * @param logprobs the log-probability of each as it was drawn
 * @param ended whether it ends in a stop id
 */
public record Sampled(int[] ids, float[] logprobs, boolean ended) {}
