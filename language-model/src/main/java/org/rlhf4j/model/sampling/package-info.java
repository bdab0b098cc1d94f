/**
 * What sampling is asked for and what comes out of it: a request with its keys, temperature, top-k
 * and top-p, a listener that follows, and the completion.
 */
package org.rlhf4j.model.sampling;
