/**
 * Language models: networks that are TorchScript programs, their weights in memory and in files,
 * tokenizers, packed batches of prompts with completions, and sampling. See the module's README.
 */
package org.rlhf4j.model;
