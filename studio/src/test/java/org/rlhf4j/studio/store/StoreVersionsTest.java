package org.rlhf4j.studio.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationVersion;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.studio.account.Accounts;
import org.rlhf4j.studio.label.Labelled;
import org.rlhf4j.studio.label.Labels;

/** Stores of older and newer versions. */
class StoreVersionsTest {

  @TempDir Path folder;

  private static final String ROWS =
      """
      INSERT INTO project (name, guidelines, target, revision, created)
        VALUES ('p', '# Be fair', 2, 7, 0);
      INSERT INTO annotator (name, created) VALUES ('ada', 0);
      INSERT INTO annotator (name, created) VALUES ('bob', 0);
      INSERT INTO item (project_id, kind, prompt, completions, labelled, source, digest, chosen_by,
        place, answers, is_open) VALUES (1, 'compare', '"Q"', '["a","b"]', 0, 'f:1', 'd1', 'random',
        0.25, 1, 1);
      INSERT INTO item (project_id, kind, prompt, completions, labelled, source, digest, chosen_by,
        place, answers, is_open) VALUES (1, 'compare', '"R"', '["a","b"]', 1, 'f:2', 'd2', 'random',
        0.5, 2, 0);
      INSERT INTO lease VALUES (1, 2, 99);
      INSERT INTO verdict (event, item_id, annotator_id, act, answer, shown, seconds, time)
        VALUES ('event-01', 1, 1, 'answer', '{"better":1,"strength":4}', '[0,1]', 2.5, 5);
      INSERT INTO verdict (event, item_id, annotator_id, act, answer, shown, seconds, time)
        VALUES ('event-02', 2, 1, 'answer', '{"better":"tie"}', '[1,0]', 2.5, 6);
      INSERT INTO standing VALUES (1, 1, 1);
      INSERT INTO standing VALUES (2, 1, 2);
      """;

  /** The tables as the first version had them, with a row in each. */
  private Path first() throws IOException {
    Path file = Files.createDirectories(folder.resolve("store")).resolve("studio.db");
    makeFirst("jdbc:sqlite:" + file, "INTEGER PRIMARY KEY");
    return file;
  }

  private static void makeFirst(String address, String key) {
    Flyway.configure()
        .dataSource(address, null, null)
        .locations("classpath:org/rlhf4j/studio/store")
        .placeholders(Map.of("key", key))
        .target(MigrationVersion.fromVersion("1"))
        .load()
        .migrate();
    Jdbi.create(address).useHandle(handle -> handle.createScript(ROWS).execute());
  }

  private static void requireItsRows(Store store) {
    assertThat(Labelled.comparisons(store, "p"))
        .containsExactly("{\"prompt\":\"Q\",\"chosen\":\"b\",\"rejected\":\"a\",\"margin\":1.0}");
    assertThat(new Labels(store, Clock.systemUTC()).projects().named("p").target()).isEqualTo(2);
  }

  @Test
  @OnPostgresql
  void anOlderDatabaseIsBroughtUpToDate() {
    String address = Postgres.fresh();
    makeFirst(address, "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY");
    try (Store store = Store.open(address)) {
      requireItsRows(store);
      assertThat(new Accounts(store, Clock.systemUTC()).any()).isFalse();
    }
  }

  @Test
  void anOlderStoreIsCopiedAndBroughtUpToDate() throws IOException {
    Path file = first();
    try (Store store = Store.open(file.getParent().toString())) {
      requireItsRows(store);
    }
    Path copy = file.resolveSibling("studio-1.db");
    assertThat(copy).exists();
    assertThat(tables(copy)).doesNotContain("account");
    assertThat(tables(file)).contains("account");
    try (Store again = Store.open(file.getParent().toString())) {
      assertThat(again.address().file()).contains(file);
    }
    assertThat(file.resolveSibling("studio-1-2.db")).as("once is enough").doesNotExist();
  }

  private static List<String> tables(Path file) {
    return Jdbi.create("jdbc:sqlite:" + file)
        .withHandle(
            handle ->
                handle
                    .createQuery("SELECT name FROM sqlite_master WHERE type = 'table'")
                    .mapTo(String.class)
                    .list());
  }

  /** All steps or none: one that fails in the middle leaves the tables as they were. */
  @Test
  void aStepThatFailsLeavesTheTablesAsTheyWere() throws IOException {
    Path file = first();
    Jdbi.create("jdbc:sqlite:" + file)
        .useHandle(handle -> handle.execute("CREATE TABLE invitation (other TEXT)"));
    assertThatThrownBy(() -> Store.open(file.getParent().toString()))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("the store can't be opened")
        .hasMessageNotContaining("\n");
    assertThat(tables(file)).doesNotContain("account", "session").contains("verdict");
  }

  @Test
  void aNewerStoreIsRefusedByNumber() throws IOException {
    Path file = first();
    Store.open(file.getParent().toString()).close();
    Jdbi.create("jdbc:sqlite:" + file)
        .useHandle(
            handle ->
                handle.execute(
                    "INSERT INTO flyway_schema_history VALUES (999, '999', 'later', 'SQL', 'V999',"
                        + " 0, 'x', '2026-01-01 00:00:00.000', 0, 1)"));
    assertThatThrownBy(() -> Store.open(file.getParent().toString()))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("its tables are of version 999, and this program knows them up to ");
  }
}
