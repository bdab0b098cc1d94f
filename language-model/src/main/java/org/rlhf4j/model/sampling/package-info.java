/**
 * What sampling is asked for and what comes out of it: a request with its key, temperature, top-k
 * and top-p, the row that is being sampled, and the completion.
 */
package org.rlhf4j.model.sampling;
