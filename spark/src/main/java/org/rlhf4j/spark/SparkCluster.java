package org.rlhf4j.spark;

import org.rlhf4j.training.slice.Cluster;
import org.rlhf4j.training.slice.SliceWorker;
import org.rlhf4j.training.slice.Slices;
import org.rlhf4j.training.slice.SparkSettings;
import org.rlhf4j.training.slice.WorkerSource;

/** Spark as the cluster of a run. */
public final class SparkCluster implements Cluster {

  /** Made as a service. */
  public SparkCluster() {}

  @Override
  public <W extends SliceWorker> Slices<W> open(SparkSettings settings, WorkerSource<W> source) {
    return new SparkSlices<>(settings, source);
  }
}
