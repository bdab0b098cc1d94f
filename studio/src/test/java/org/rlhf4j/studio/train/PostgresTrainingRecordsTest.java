package org.rlhf4j.studio.train;

import org.rlhf4j.studio.store.OnPostgresql;
import org.rlhf4j.studio.store.Postgres;

/** The same in PostgreSQL. */
@OnPostgresql
class PostgresTrainingRecordsTest extends TrainingRecordsTest {

  @Override
  String store() {
    return Postgres.fresh();
  }
}
