package org.rlhf4j.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.slice.Slice;
import org.rlhf4j.training.slice.SliceWorker;
import org.rlhf4j.training.slice.Slices;
import org.rlhf4j.training.slice.SparkSettings;
import org.rlhf4j.training.slice.WorkerSource;

/** Slices as tasks of one stage of Spark's; the weights are broadcast. */
final class SparkSlices<W extends SliceWorker> implements Slices<W> {
  private static final AtomicLong VERSIONS = new AtomicLong();

  private final SparkSettings settings;
  private final WorkerSource<W> source;
  private JavaSparkContext context; // null until the first weights are published
  private Broadcast<Trained> trained;

  /**
   * Prepares; nothing is started.
   *
   * @param settings name the master
   * @param source what executors make their workers from
   */
  SparkSlices(SparkSettings settings, WorkerSource<W> source) {
    this.settings = settings;
    this.source = source;
  }

  @Override
  public void publish(float[] weights) {
    if (trained != null && Arrays.equals(weights, trained.value().numbers())) {
      return;
    }
    try {
      if (context == null) {
        context = new JavaSparkContext(conf());
      }
      if (trained != null) {
        trained.destroy();
      }
      trained = context.broadcast(new Trained(VERSIONS.incrementAndGet(), weights));
    } catch (Exception e) { // Scala declares none
      throw SparkFailure.of(settings, e);
    }
  }

  private SparkConf conf() {
    SparkConf conf = new SparkConf().setMaster(settings.spark());
    settings.sparkConf().stream()
        .map(one -> one.split("=", 2))
        .forEach(pair -> conf.set(pair[0], pair[1]));
    conf.setIfMissing("spark.app.name", "rlhf");
    conf.setIfMissing("spark.log.level", "WARN");
    conf.setIfMissing("spark.ui.showConsoleProgress", "false");
    conf.setIfMissing(
        "spark.driver.maxResultSize", "0"); // its bound is SparkSettings.requireSendable
    if (!settings.spark().startsWith("local")) {
      // An executor computes one slice at a time, with these threads.
      String threads = Integer.toString(settings.sparkThreads());
      conf.setIfMissing("spark.task.cpus", threads);
      conf.setIfMissing("spark.executor.cores", threads);
    }
    return conf;
  }

  @Override
  public <R extends Serializable> List<R> compute(List<? extends Slice<? super W, R>> slices) {
    List<Slice<? super W, R>> all = new ArrayList<>(slices);
    List<Outcome<R>> outcomes;
    try {
      outcomes =
          context.parallelize(all, all.size()).map(new SliceTask<W, R>(source, trained)).collect();
    } catch (Exception e) { // Scala declares none
      throw SparkFailure.of(settings, e);
    }
    List<R> results = new ArrayList<>();
    for (Outcome<R> outcome : outcomes) {
      if (outcome.failure() != null) {
        throw new UserException(outcome.failure());
      }
      results.add(outcome.result());
    }
    return results;
  }

  @Override
  public void close() {
    if (context != null) {
      context.close();
    }
    HeldWorker.release(); // with a local master it is in this process
  }
}
