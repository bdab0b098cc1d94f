package org.rlhf4j.model.sampling;

import java.util.List;
import org.rlhf4j.model.random.SampleKey;

/**
 * A prompt and how many completions it wants.
 *
 * @param prompt its tokens, at least one
 * @param keys the randomness of each completion
 */
public record GenerationRequest(int[] prompt, List<SampleKey> keys) {}
