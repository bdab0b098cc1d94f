package org.rlhf4j.training.slice;

import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.ScalarModel;

/**
 * A process that computes gradients of one model.
 *
 * @param passes how
 * @param trained the model's weights
 * @param probe what it computed first
 * @param freed frees the model
 * @param <P> how gradients are computed
 */
public record ModelWorker<P>(P passes, TrainedWeights trained, Probe probe, Runnable freed)
    implements PassWorker<P> {

  /** The worker of a language model, which it closes. */
  public static <P> ModelWorker<P> of(LanguageModel model, P passes) {
    return new ModelWorker<>(
        passes, TrainedWeights.of(model.parameters()), Probe.of(model), model::close);
  }

  /** The worker of a reward model, which it closes. */
  public static <P> ModelWorker<P> of(ScalarModel model, P passes) {
    return new ModelWorker<>(
        passes, TrainedWeights.of(model.parameters()), Probe.of(model), model::close);
  }

  @Override
  public void close() {
    freed.run();
  }
}
