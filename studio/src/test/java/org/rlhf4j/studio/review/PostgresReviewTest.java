package org.rlhf4j.studio.review;

import org.rlhf4j.studio.store.OnPostgresql;
import org.rlhf4j.studio.store.Postgres;

/** The same review in PostgreSQL. */
@OnPostgresql
class PostgresReviewTest extends ReviewTest {

  @Override
  String store() {
    return Postgres.fresh();
  }
}
