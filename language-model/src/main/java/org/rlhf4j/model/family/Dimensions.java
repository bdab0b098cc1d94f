package org.rlhf4j.model.family;

/**
 * The sizes and constants of a transformer.
 *
 * @param vocabulary rows of the embedding
 * @param hidden the hidden states' width C
 * @param layers the number of blocks
 * @param heads query heads H
 * @param kvHeads key and value heads G, a divisor of H
 * @param headSize the width D of a head
 * @param intermediate the width of the MLP
 * @param positions the longest sequence
 * @param epsilon the norm's ε
 * @param tied whether the head is the embedding
 * @param initialDeviation the standard deviation of fresh weights
 */
public record Dimensions(
    int vocabulary,
    int hidden,
    int layers,
    int heads,
    int kvHeads,
    int headSize,
    int intermediate,
    int positions,
    double epsilon,
    boolean tied,
    double initialDeviation) {}
