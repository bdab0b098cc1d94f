/**
 * Random numbers by counters: each is a function of its key, so that what is drawn depends on no
 * order and no thread.
 */
package org.rlhf4j.model.random;
