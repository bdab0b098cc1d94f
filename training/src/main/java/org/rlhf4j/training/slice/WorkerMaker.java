package org.rlhf4j.training.slice;

import java.io.IOException;
import java.io.Serializable;
import java.util.function.Supplier;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.settings.SettingsYaml;
import org.rlhf4j.training.StageType;

/**
 * How the workers of a stage are made. It has no state, so two of a stage are equal.
 *
 * @param <C> the stage's configuration
 * @param <W> the worker
 */
public interface WorkerMaker<C extends Record, W extends PassWorker<?>> extends Serializable {

  /** The stage. */
  StageType<C> stage();

  /**
   * Loads models and rows.
   *
   * @param config the run's
   * @return the worker, to be closed
   * @throws IOException where a file can't be read
   */
  W open(C config) throws IOException;

  /**
   * Where a run computes its slices.
   *
   * @param spark of the run
   * @param config of the run
   * @param trained what is trained
   * @param probe what this process computes before anything is trained
   * @return to be closed
   */
  default Slices<W> slices(
      SparkSettings spark, C config, TrainedWeights trained, Supplier<Probe> probe) {
    spark.requireProcessor();
    SparkSettings.requireSendable(trained.count());
    Settings<C> settings = stage().settings();
    String yaml = SettingsYaml.write(settings, settings.withWholePaths(config));
    return Cluster.slices(
        spark, new StageSource<>(this, yaml, spark.onItsThreads(probe), spark.sparkThreads()));
  }
}
