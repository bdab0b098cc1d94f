package org.rlhf4j.studio.train;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.condition.EnabledIf;
import org.rlhf4j.studio.store.Postgres;

/** The same in PostgreSQL. */
@EnabledIf(
    value = "org.rlhf4j.studio.store.Postgres#isInstalled",
    disabledReason =
        "no PostgreSQL below /usr/lib/postgresql: the store is tested with SQLite only")
class PostgresTrainingRecordsTest extends TrainingRecordsTest {

  private static final AtomicInteger DATABASES = new AtomicInteger();
  private static Postgres postgres;

  @BeforeAll
  static void start() throws IOException {
    postgres = Postgres.start();
  }

  @AfterAll
  static void stop() {
    postgres.close();
  }

  @Override
  String store() {
    return postgres.database("train" + DATABASES.incrementAndGet());
  }
}
