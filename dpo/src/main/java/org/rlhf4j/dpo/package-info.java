/**
 * Direct preference optimisation: a policy learns from comparisons, without a reward model and
 * without sampling. {@link org.rlhf4j.dpo.DpoTrainer} makes the steps, {@link
 * org.rlhf4j.dpo.DpoStage} runs them from files to a model, {@link org.rlhf4j.dpo.DpoLoss} and
 * {@link org.rlhf4j.dpo.PreferenceLoss} have the formulas, {@link org.rlhf4j.dpo.ReferenceLogprobs}
 * what is computed of the reference, once.
 */
package org.rlhf4j.dpo;
