/**
 * Weights in memory and in files: safetensors, whole or in shards, their number formats, the named
 * parameters of a network, and the update that an optimizer's step makes of them.
 */
package org.rlhf4j.model.weights;
