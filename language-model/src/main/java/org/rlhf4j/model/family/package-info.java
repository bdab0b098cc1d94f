/**
 * The families of models: what a config.json of each means, how its checkpoints name their tensors,
 * and which scripts compute it. A new family is one class here and, where its arithmetic is new,
 * one script.
 */
package org.rlhf4j.model.family;
