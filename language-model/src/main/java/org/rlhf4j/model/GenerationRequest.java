package org.rlhf4j.model;

import java.util.List;

/**
 * A prompt and how many completions it wants.
 *
 * @param prompt its tokens, at least one
 * @param keys the randomness of each completion
 */
public record GenerationRequest(int[] prompt, List<SampleKey> keys) {}
