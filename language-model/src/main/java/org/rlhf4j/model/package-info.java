/**
 * The models: a language model and a scalar one, on one transformer. Each is read from a folder by
 * its configuration; passes over packed tokens give log-probabilities, scores and gradients, and
 * the generator samples. The packages beneath are, from the lowest: random, torch, weights, family,
 * adapter, sampling, tokenizer and chat.
 */
package org.rlhf4j.model;
