package org.rlhf4j.spark;

import java.io.IOException;
import java.io.Serializable;
import org.rlhf4j.model.torch.Torch;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.slice.Slice;
import org.rlhf4j.training.slice.SliceWorker;
import org.rlhf4j.training.slice.WorkerSource;

/**
 * The one worker of a process: models are loaded once and stay for the next slice. It computes one
 * slice at a time, whatever Spark asks for at once, since the engine has one backward pass.
 */
final class HeldWorker {
  private static WorkerSource<?> source;
  private static SliceWorker worker;
  private static UserException refusal; // why the source gave no worker
  private static long version;

  static {
    // An executor's libtorch is in the jar: nothing is looked for elsewhere, no use is counted.
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
  }

  private HeldWorker() {}

  /**
   * Computes a slice.
   *
   * @param from what the worker is made from, unless there is one of the same
   * @param trained the weights
   * @param slice what to compute
   */
  static synchronized <W extends SliceWorker, R extends Serializable> R compute(
      WorkerSource<W> from, Trained trained, Slice<? super W, R> slice) throws IOException {
    Torch.threads(from.threads()); // libtorch keeps it for each thread
    W held = held(from);
    if (version != trained.version()) {
      held.take(trained.numbers());
      version = trained.version();
    }
    return slice.compute(held);
  }

  @SuppressWarnings("unchecked") // a source gives workers of its own type
  private static <W extends SliceWorker> W held(WorkerSource<W> from) throws IOException {
    if (!from.equals(source)) {
      release();
      try {
        worker = from.open();
      } catch (UserException e) {
        refusal = e; // the run ends with it: no slice after this one tries again
      }
      source = from;
    }
    if (refusal != null) {
      throw refusal;
    }
    return (W) worker;
  }

  /** Frees the models. */
  static synchronized void release() {
    if (worker != null) {
      worker.close();
    }
    worker = null;
    refusal = null;
    source = null;
    version = 0;
  }
}
