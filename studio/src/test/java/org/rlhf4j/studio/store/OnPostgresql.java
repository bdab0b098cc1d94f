package org.rlhf4j.studio.store;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/** Tests in {@link Postgres#fresh} databases of a server that all of them share. */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@EnabledIf(
    value = "org.rlhf4j.studio.store.Postgres#isInstalled",
    disabledReason =
        "no PostgreSQL below /usr/lib/postgresql: the store is tested with SQLite only")
@ExtendWith(OnPostgresql.Server.class)
public @interface OnPostgresql {

  /** Starts the server before the first of these tests, and stops it after all tests. */
  final class Server implements BeforeEachCallback {

    @Override
    public void beforeEach(ExtensionContext context) {
      context
          .getRoot()
          .getStore(Namespace.create(Server.class))
          .computeIfAbsent(Postgres.class, type -> Postgres.share(), Postgres.class);
    }
  }
}
