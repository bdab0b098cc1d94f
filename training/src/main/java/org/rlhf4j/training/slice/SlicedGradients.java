package org.rlhf4j.training.slice;

import java.io.Serializable;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Gradients of updates that other processes compute, slice by slice.
 *
 * @param slices where they are computed
 * @param trained takes their sums
 * @param most slices of an update
 * @param <P> how a worker computes gradients
 */
public record SlicedGradients<P>(
    Slices<? extends PassWorker<P>> slices, TrainedWeights trained, int most)
    implements AutoCloseable {

  /**
   * What a worker does for a slice: adds the gradient of its share of an update's loss.
   *
   * @param <P> how it computes gradients
   * @param <T> what it is sent
   * @param <M> what it measures
   */
  @FunctionalInterface
  public interface Share<P, T, M> extends Serializable {

    /** Adds the gradient; returns what was measured. */
    M of(P passes, T sent);
  }

  private record PassSlice<P, T extends Serializable, M extends Serializable>(
      T sent, Share<P, T, M> share) implements Slice<PassWorker<P>, SliceGradient<M>> {

    @Override
    public SliceGradient<M> compute(PassWorker<P> worker) {
      return SliceGradient.of(worker.trained(), () -> share.of(worker.passes(), sent));
    }
  }

  /**
   * Lets other processes compute the gradients of a run that asks for it.
   *
   * @param spark of the run
   * @param maker makes their workers
   * @param config of the run
   * @param trained what is trained
   * @param probe what this process computes before anything is trained
   * @return to be closed; empty where the run is computed here
   */
  public static <C extends Record, P> Optional<SlicedGradients<P>> ifAsked(
      SparkSettings spark,
      WorkerMaker<C, ? extends PassWorker<P>> maker,
      C config,
      TrainedWeights trained,
      Supplier<Probe> probe) {
    return spark.isAsked()
        ? Optional.of(
            new SlicedGradients<>(
                maker.slices(spark, config, trained, probe), trained, spark.sparkSlices()))
        : Optional.empty();
  }

  /** Cuts an update's items into those of its slices. */
  public <T> List<T[]> cut(T[] items) {
    return Part.of(items.length, most).stream().map(part -> part.of(items)).toList();
  }

  /**
   * Makes the gradients of what is trained those of an update.
   *
   * @param sent what each slice is computed from
   * @param share what is done with it
   * @param text of what a slice was computed from, to be named where its gradient isn't finite
   * @return what each slice measured
   */
  public <T extends Serializable, M extends Serializable> List<M> sum(
      List<T> sent, Share<P, T, M> share, Function<T, String> text) {
    List<SliceGradient<M>> gradients =
        results(sent.stream().map(one -> new PassSlice<>(one, share)).toList());
    return SliceGradient.sum(gradients, trained, i -> text.apply(sent.get(i)));
  }

  /** What slices give that compute no gradients, with the weights as they stand. */
  public <R extends Serializable> List<R> results(List<? extends Slice<PassWorker<P>, R>> all) {
    slices.publish(trained.values());
    return slices.compute(all);
  }

  @Override
  public void close() {
    slices.close();
  }
}
