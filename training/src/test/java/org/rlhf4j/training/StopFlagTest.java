package org.rlhf4j.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StopFlagTest {

  private static final List<String> MICRO_BATCHES = List.of("a", "b", "c");

  private final List<String> made = new ArrayList<>();

  /** Makes the micro-batches, and does something in the second one. */
  private void make(StopFlag stop, Runnable inTheSecond) {
    for (String microBatch : stop.over(MICRO_BATCHES)) {
      if (microBatch.equals("b")) {
        inTheSecond.run();
      }
      made.add(microBatch);
    }
  }

  @Test
  void goesOverAllIfNobodyAsks() {
    make(new StopFlag(), () -> {});
    assertThat(made).isEqualTo(MICRO_BATCHES);
  }

  @Test
  void endsBetweenTwoMicroBatches() {
    StopFlag stop = new StopFlag();
    assertThatThrownBy(() -> make(stop, stop::raise))
        .isInstanceOfSatisfying(
            StoppedException.class,
            stopped -> assertThat(stopped.by()).isEqualTo(StopFlag.Cause.RAISED));
    assertThat(made).containsExactly("a", "b");
  }

  @Test
  void aRequestFileEndsItToo(@TempDir Path folder) {
    Path request = folder.resolve("stop");
    assertThatThrownBy(() -> make(new StopFlag().with(request), () -> write(request)))
        .isInstanceOfSatisfying(
            StoppedException.class,
            stopped -> assertThat(stopped.by()).isEqualTo(StopFlag.Cause.REQUESTED));
    assertThat(made).containsExactly("a", "b");
  }

  private static void write(Path file) {
    assertThatCode(() -> Files.createFile(file)).doesNotThrowAnyException();
  }

  /** Before the first there is nothing to save by a stop, after the last nothing but the update. */
  @Test
  void isNotLookedAtBeforeTheFirstAndAfterTheLast() throws IOException {
    StopFlag stop = new StopFlag();
    stop.raise();
    List<String> one = new ArrayList<>();
    stop.over(List.of("only")).forEach(one::add);
    assertThat(one).containsExactly("only");
    assertThat(stop.over(List.of())).isEmpty();
    assertThatThrownBy(stop::throwIfAsked).isInstanceOf(StoppedException.class);
  }
}
