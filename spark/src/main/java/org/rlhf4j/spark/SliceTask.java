package org.rlhf4j.spark;

import java.io.IOException;
import java.io.Serializable;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.broadcast.Broadcast;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.slice.Slice;
import org.rlhf4j.training.slice.SliceWorker;
import org.rlhf4j.training.slice.WorkerSource;

/**
 * A task of Spark's: a slice.
 *
 * @param source what the executor's worker is made from
 * @param trained the weights
 */
record SliceTask<W extends SliceWorker, R extends Serializable>(
    WorkerSource<W> source, Broadcast<Trained> trained)
    implements Function<Slice<? super W, R>, Outcome<R>> {

  @Override
  public Outcome<R> call(Slice<? super W, R> slice) throws IOException {
    try {
      return new Outcome<>(HeldWorker.compute(source, trained.value(), slice), null);
    } catch (UserException e) {
      return new Outcome<>(null, "executor " + place() + ": " + e.getMessage());
    }
  }

  private static String place() {
    SparkEnv env = SparkEnv.get();
    return env.executorId() + " on " + env.blockManager().blockManagerId().host();
  }
}
