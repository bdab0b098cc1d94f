package org.rlhf4j.training.slice;

import java.util.Optional;
import java.util.ServiceLoader;
import org.rlhf4j.settings.UsageException;

/** Other processes that compute the slices of a run. Found as a service; the build has none. */
public interface Cluster {

  /**
   * Prepares for a run. Nothing is started before the first slices are computed.
   *
   * @param settings of the run; name a master
   * @param source what each process makes its worker from
   * @param <W> the worker
   * @return where slices are computed, to be closed
   */
  <W extends SliceWorker> Slices<W> open(SparkSettings settings, WorkerSource<W> source);

  /** The one on the class path; empty where there is none. */
  static Optional<Cluster> found() {
    return ServiceLoader.load(Cluster.class).findFirst();
  }

  /**
   * Where a run computes its slices. Without a cluster on the class path the first slices are
   * refused, so that a run can still be planned.
   *
   * @param settings of the run; name a master
   * @param source what each process makes its worker from
   * @param <W> the worker
   */
  static <W extends SliceWorker> Slices<W> slices(SparkSettings settings, WorkerSource<W> source) {
    return found()
        .map(cluster -> cluster.open(settings, source))
        .orElseGet(
            () ->
                new NoSlices<>(
                    new UsageException(
                        "--spark: this program isn't on Spark; start it with spark-submit and"
                            + " rlhf-spark.jar (docs/scale.md)")));
  }
}
