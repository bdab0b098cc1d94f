/**
 * Measurements beside peers: each class with a {@code main} is one, started by the scripts of the
 * module's folder, which run the peer on the same rows and put both into one table.
 */
package org.rlhf4j.bench;
