/** JMH benchmarks of the small kernels, through the interfaces that the product calls. */
package org.rlhf4j.bench.kernels;
