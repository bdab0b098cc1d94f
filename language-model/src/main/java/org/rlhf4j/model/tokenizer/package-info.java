/**
 * The tokenizer of a model's folder, as its files say, and its special tokens. Nothing is cut or
 * padded.
 */
package org.rlhf4j.model.tokenizer;
