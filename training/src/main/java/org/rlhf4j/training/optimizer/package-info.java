/**
 * One optimizer step: the norm of the gradients, the learning rate's schedule, AdamW, and their
 * state in a file.
 */
package org.rlhf4j.training.optimizer;
