package org.rlhf4j.testing.stages;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.rlhf4j.model.torch.Torch;
import org.rlhf4j.training.slice.Cluster;
import org.rlhf4j.training.slice.Slice;
import org.rlhf4j.training.slice.SliceWorker;
import org.rlhf4j.training.slice.Slices;
import org.rlhf4j.training.slice.SparkSettings;
import org.rlhf4j.training.slice.WorkerSource;

/**
 * A cluster for tests: as many workers as its master {@code here[N]} says, in this process. All
 * that goes to a worker and comes back is written and read as between processes. Slices are
 * computed in another order at each step, and each is first computed by another worker, whose
 * result is lost.
 */
public final class ClusterHere implements Cluster {

  private static Runnable beforeWorkersOpen = () -> {};

  /** Made as a service. */
  public ClusterHere() {}

  /** What happens on the workers' machines before they load anything. */
  public static void beforeWorkersOpen(Runnable event) {
    beforeWorkersOpen = event;
  }

  @Override
  public <W extends SliceWorker> Slices<W> open(SparkSettings settings, WorkerSource<W> source) {
    int workers = Integer.parseInt(settings.spark().replaceAll("here\\[(\\d+)\\]", "$1"));
    return new SlicesHere<>(source, workers);
  }

  /** What is read of something that was written. */
  @SuppressWarnings("unchecked")
  public static <T extends Serializable> T sent(T object) {
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
        out.writeObject(object);
      }
      return (T) new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray())).readObject();
    } catch (IOException | ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  private static final class SlicesHere<W extends SliceWorker> implements Slices<W> {
    private final WorkerSource<W> source;
    private final int count;
    private final Random order = new Random(1);
    private final List<W> workers = new ArrayList<>();
    private float[] trained;

    SlicesHere(WorkerSource<W> source, int count) {
      this.source = source;
      this.count = count;
    }

    @Override
    public void publish(float[] weights) {
      trained = weights;
    }

    @Override
    public <R extends Serializable> List<R> compute(List<? extends Slice<? super W, R>> slices) {
      int before = Torch.threads();
      Torch.threads(source.threads());
      try {
        return computed(slices);
      } finally {
        Torch.threads(before);
      }
    }

    private <R extends Serializable> List<R> computed(List<? extends Slice<? super W, R>> slices) {
      if (workers.isEmpty()) {
        beforeWorkersOpen.run();
      }
      while (workers.size() < count) {
        try {
          workers.add(sent(source).open());
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
      workers.forEach(worker -> worker.take(trained.clone()));
      List<Integer> shuffled = new ArrayList<>(IntStream.range(0, slices.size()).boxed().toList());
      Collections.shuffle(shuffled, order);
      List<R> results = new ArrayList<>(Collections.nCopies(slices.size(), null));
      for (int i : shuffled) {
        sent(slices.get(i)).compute(workers.get(order.nextInt(count)));
        results.set(i, sent(sent(slices.get(i)).compute(workers.get(order.nextInt(count)))));
      }
      return results;
    }

    @Override
    public void close() {
      workers.forEach(SliceWorker::close);
    }
  }
}
