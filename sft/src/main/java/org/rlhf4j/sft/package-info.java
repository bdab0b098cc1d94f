/**
 * Stage 1: supervised fine-tuning on demonstrations. {@link org.rlhf4j.sft.SftTrainer} makes the
 * steps, {@link org.rlhf4j.sft.SftStage} runs them from files to a model.
 */
package org.rlhf4j.sft;
