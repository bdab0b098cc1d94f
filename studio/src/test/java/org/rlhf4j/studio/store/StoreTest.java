package org.rlhf4j.studio.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store that many want to change. */
class StoreTest {

  @TempDir Path folder;

  @Test
  void whoWaitsTooLongIsToldSoAndNothingIsChanged() {
    try (Store store = Store.open(folder.toString(), Duration.ofMillis(250))) {
      store.change(
          handle -> {
            CompletableFuture<Integer> other =
                CompletableFuture.supplyAsync(
                    () -> store.change(late -> late.execute("DELETE FROM project")));
            assertThatThrownBy(other::join)
                .cause()
                .isInstanceOf(StoreBusyException.class)
                .hasMessageContaining("many wait for the store")
                .hasMessageNotContaining("\n");
            return handle.execute(
                "INSERT INTO project (name, guidelines, target, revision, created)"
                    + " VALUES ('p', '', 1, 0, 0)");
          });
      assertThat(store.<Integer>change(handle -> handle.execute("DELETE FROM project")))
          .isEqualTo(1);
    }
  }
}
