/** Networks, weights, tokenizer and generation. */
package org.rlhf4j.model;
