package org.rlhf4j.studio.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.rlhf4j.studio.store.Store;

class SqliteAccountsTest extends AccountsTest {

  @Override
  String store() {
    return folder.resolve("store").toString();
  }

  /** Not in free pages, nor in the journal. */
  @Test
  void anErasedNameIsInNoFile() throws IOException {
    Path other = folder.resolve("other");
    try (Store store = Store.open(other.toString())) {
      Accounts accounts = new Accounts(store, Clock.systemUTC(), 1_000);
      accounts.add("Ada", Role.ADMIN, "correct horse".toCharArray());
      accounts.add("Zebulon", Role.ANNOTATOR, "correct horse".toCharArray());
      assertThat(has(other, "ebulon")).isTrue();
      accounts.erase("Zebulon");
      assertThat(has(other, "ebulon")).isFalse();
      assertThat(has(other, "Ada")).isTrue();
    }
  }

  private static boolean has(Path folder, String text) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : List.copyOf(files.toList())) {
        if (new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(text)) {
          return true;
        }
      }
      return false;
    }
  }
}
