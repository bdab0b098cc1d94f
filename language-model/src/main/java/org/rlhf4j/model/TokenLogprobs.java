package org.rlhf4j.model;

/**
 * What a language model says of completion tokens, in the order of {@link PackedTokens#targets()}.
 *
 * @param logprobs log π(token | what comes before it) under softmax(logits / temperature)
 * @param entropies the entropy of that distribution, in nats
 */
public record TokenLogprobs(float[] logprobs, float[] entropies) {}
