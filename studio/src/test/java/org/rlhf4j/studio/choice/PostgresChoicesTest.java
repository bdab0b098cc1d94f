package org.rlhf4j.studio.choice;

import org.rlhf4j.studio.store.OnPostgresql;
import org.rlhf4j.studio.store.Postgres;

/** The same in PostgreSQL. */
@OnPostgresql
class PostgresChoicesTest extends ChoicesTest {

  @Override
  String store() {
    return Postgres.fresh();
  }
}
