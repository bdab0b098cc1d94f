package org.rlhf4j.studio.circle;

import org.rlhf4j.studio.store.OnPostgresql;
import org.rlhf4j.studio.store.Postgres;

/** The same in PostgreSQL. */
@OnPostgresql
class PostgresCirclesTest extends CirclesTest {

  @Override
  String store() {
    return Postgres.fresh();
  }
}
