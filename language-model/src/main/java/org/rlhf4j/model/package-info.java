/**
 * The models: a language model and a scalar one, on one transformer. Each is read from a folder by
 * its configuration; passes over packed tokens give log-probabilities, scores and gradients, and
 * the generator samples. The rooms beneath are, from the ground: numbers drawn by counters, tensors
 * and scripts, weights and their files, families and their configurations, adapters, sampling,
 * tokenizer and chat.
 */
package org.rlhf4j.model;
