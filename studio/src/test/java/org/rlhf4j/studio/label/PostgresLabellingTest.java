package org.rlhf4j.studio.label;

import org.rlhf4j.studio.store.OnPostgresql;
import org.rlhf4j.studio.store.Postgres;

/** The same labelling in PostgreSQL. */
@OnPostgresql
class PostgresLabellingTest extends LabellingTest {

  @Override
  String store() {
    return Postgres.fresh();
  }
}
