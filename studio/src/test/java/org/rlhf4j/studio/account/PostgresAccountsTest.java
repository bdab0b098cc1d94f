package org.rlhf4j.studio.account;

import org.rlhf4j.studio.store.OnPostgresql;
import org.rlhf4j.studio.store.Postgres;

/** The same accounts in PostgreSQL. */
@OnPostgresql
class PostgresAccountsTest extends AccountsTest {

  @Override
  String store() {
    return Postgres.fresh();
  }
}
