/**
 * JMH benchmarks of the small kernels, through the interfaces that the product calls: a number from
 * here is what a step of a trainer pays.
 */
package org.rlhf4j.bench.kernels;
