package org.rlhf4j.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.spark.SparkException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.training.slice.SparkSettings;

/** The failures are in the words of Spark 4.2. */
class SparkFailureTest {
  private static final SparkSettings SETTINGS =
      new SparkSettings("spark://host:7077", 64, 1, List.of());

  private static String line(String spark) {
    return SparkFailure.of(SETTINGS, new SparkException(spark)).getMessage();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ExecutorLostFailure (executor 3 exited): Command exited with code 137",
        "Container killed by YARN for exceeding physical memory limits. 5.5 GB of 5.5 GB used",
        "The executor with id 2 was deleted: exit code: 137, reason: OOMKilled"
      })
  void anExecutorWithoutMemoryNamesTheOverhead(String spark) {
    assertThat(line("Job aborted due to stage failure: " + spark))
        .startsWith("--spark spark://host:7077: Job aborted")
        .contains("--spark-conf spark.executor.memoryOverhead=");
  }

  @Test
  void aMasterThatIsAwayIsNamed() {
    assertThat(line("All masters are unresponsive! Giving up."))
        .endsWith("; start the master, or name another");
  }

  /** The trace of the executor is in Spark's message. */
  @Test
  void whatElseFailsIsTheFirstLineAlone() {
    assertThat(line("\nTask 0 failed 4 times\n\tat a.b.c(D.java:1)\n"))
        .isEqualTo(
            "--spark spark://host:7077: Task 0 failed 4 times; --resume goes on from the last"
                + " checkpoint");
  }
}
