/**
 * Event files that TensorBoard opens, written without its library: {@link
 * org.rlhf4j.training.tensorboard.EventFile} appends the metrics of a step as one record.
 */
package org.rlhf4j.training.tensorboard;
