package org.rlhf4j.training.slice;

import java.io.Serializable;
import java.util.List;
import org.rlhf4j.settings.UsageException;

/** Where there is no cluster: the first slices are refused. */
record NoSlices<W extends SliceWorker>(UsageException why) implements Slices<W> {

  @Override
  public void publish(float[] trained) {
    throw why;
  }

  @Override
  public <R extends Serializable> List<R> compute(List<? extends Slice<? super W, R>> slices) {
    throw why;
  }

  @Override
  public void close() {
    // nothing was opened
  }
}
