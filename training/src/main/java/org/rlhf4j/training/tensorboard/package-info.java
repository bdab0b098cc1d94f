/** Event files that TensorBoard opens, written without its library. */
package org.rlhf4j.training.tensorboard;
