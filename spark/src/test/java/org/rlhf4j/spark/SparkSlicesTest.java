package org.rlhf4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.spark.SparkEnv;
import org.apache.spark.storage.BlockId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.slice.Slice;
import org.rlhf4j.training.slice.SliceWorker;
import org.rlhf4j.training.slice.SparkSettings;
import org.rlhf4j.training.slice.WorkerSource;
import scala.runtime.AbstractFunction1;

/** Spark's tasks, retries and broadcasts, with a worker that only has numbers. */
class SparkSlicesTest {
  private static final AtomicInteger OPENED = new AtomicInteger();
  private static final AtomicInteger ATTEMPTS = new AtomicInteger();

  /** Two tasks at once, each tried three times. */
  private final SparkSlices<Numbers> slices =
      new SparkSlices<>(
          new SparkSettings("local[2,3]", 64, 1, List.of("spark.ui.enabled=false")),
          new NumbersSource());

  private static final class Numbers implements SliceWorker {
    private float[] trained;

    @Override
    public void take(float[] numbers) {
      trained = numbers;
    }

    @Override
    public void close() {
      // nothing is open
    }
  }

  private record NumbersSource() implements WorkerSource<Numbers> {
    @Override
    public Numbers open() {
      OPENED.incrementAndGet();
      return new Numbers();
    }

    @Override
    public int threads() {
      return 1;
    }
  }

  private record Times(int factor) implements Slice<Numbers, Float> {
    @Override
    public Float compute(Numbers worker) {
      return factor * worker.trained[0];
    }
  }

  private record LostOnce() implements Slice<Numbers, Integer> {
    @Override
    public Integer compute(Numbers worker) {
      int attempt = ATTEMPTS.incrementAndGet();
      if (attempt == 1) {
        throw new IllegalStateException("lost");
      }
      return attempt;
    }
  }

  private record AlwaysLost() implements Slice<Numbers, Integer> {
    @Override
    public Integer compute(Numbers worker) {
      throw new IllegalStateException("lost again");
    }
  }

  private record Wrong() implements Slice<Numbers, Integer> {
    @Override
    public Integer compute(Numbers worker) {
      ATTEMPTS.incrementAndGet();
      throw new UserException("its rows are others");
    }
  }

  @BeforeEach
  void count() {
    OPENED.set(0);
    ATTEMPTS.set(0);
  }

  @AfterEach
  void close() {
    slices.close();
  }

  @Test
  void resultsComeInTheOrderOfSlicesByTheWeightsPublishedLast() {
    List<Times> all = IntStream.range(0, 9).mapToObj(Times::new).toList();
    slices.publish(new float[] {2});
    assertThat(slices.compute(all)).containsExactly(0f, 2f, 4f, 6f, 8f, 10f, 12f, 14f, 16f);
    slices.publish(new float[] {3});
    assertThat(slices.compute(all)).containsExactly(0f, 3f, 6f, 9f, 12f, 15f, 18f, 21f, 24f);
    assertThat(OPENED).hasValue(1);
  }

  @Test
  void aTaskThatIsLostIsComputedAgain() {
    slices.publish(new float[] {1});
    assertThat(slices.compute(List.of(new LostOnce()))).containsExactly(2);
  }

  @Test
  void whatIsLostAgainAndAgainEndsWithOneLine() {
    slices.publish(new float[] {1});
    assertThatThrownBy(() -> slices.compute(List.of(new AlwaysLost())))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("--spark local[2,3]: ")
        .hasMessageContaining("lost again")
        .hasMessageEndingWith("--resume goes on from the last checkpoint")
        .hasMessageMatching("[^\\n]+");
  }

  @Test
  void whatIsWrongWithTheRunIsSaidOnceAndNotTriedAgain() {
    slices.publish(new float[] {1});
    assertThatThrownBy(() -> slices.compute(List.of(new Wrong())))
        .isInstanceOf(UserException.class)
        .hasMessageMatching("executor driver on \\S+: its rows are others");
    assertThat(ATTEMPTS).hasValue(1);
  }

  @Test
  void broadcastsAreFreed() {
    for (int step = 1; step <= 200; step++) {
      slices.publish(new float[] {step});
      assertThat(slices.compute(List.of(new Times(1)))).containsExactly((float) step);
    }
    int tries = 0;
    while (broadcasts() > 20 && tries < 1000) { // Spark frees them beside what it computes
      slices.compute(List.of(new Times(1)));
      tries++;
    }
    assertThat(broadcasts()).isBetween(1, 20);
  }

  private static int broadcasts() {
    return SparkEnv.get()
        .blockManager()
        .getMatchingBlockIds(
            new AbstractFunction1<BlockId, Object>() {
              @Override
              public Object apply(BlockId block) {
                return block.isBroadcast();
              }
            })
        .size();
  }

  @Test
  void tooManyWeightsAreRefusedWithTheReason() {
    SparkSettings.requireSendable(128 << 20);
    assertThatThrownBy(() -> SparkSettings.requireSendable((128 << 20) + 1))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("sends what is trained to each executor at each update")
        .hasMessageContaining("536 MB are too many")
        .hasMessageContaining("--lora-rank 16");
  }
}
