/**
 * Steps whose work is cut into slices that other processes compute: what a slice, a worker and a
 * cluster are. The module {@code spark} has the cluster.
 */
package org.rlhf4j.training.slice;
