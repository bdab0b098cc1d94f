package org.rlhf4j.studio.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.rlhf4j.settings.UsageException;

/** Where a store is: in a folder, or in a PostgreSQL database. */
public final class StoreAddress {

  private static final String POSTGRESQL = "jdbc:postgresql:";
  private static final int READERS = 8;

  /** Of PostgreSQL, which has many writers. */
  private static final int WRITERS = 8;

  private final String written;
  private final boolean postgresql;

  private StoreAddress(String written, boolean postgresql) {
    this.written = written;
    this.postgresql = postgresql;
  }

  /**
   * Reads an address.
   *
   * @param text a folder, or {@code jdbc:postgresql://…}
   * @throws UsageException if it is that of another database
   */
  public static StoreAddress of(String text) {
    boolean postgresql = text.startsWith(POSTGRESQL);
    if (text.startsWith("jdbc:") && !postgresql) {
      throw new UsageException(
          text.split("[?]")[0]
              + ": the store is a folder, or a database of PostgreSQL (jdbc:postgresql://…)");
    }
    return new StoreAddress(text, postgresql);
  }

  /** Whether it is in PostgreSQL. */
  public boolean isPostgresql() {
    return postgresql;
  }

  /** The folder, unless it is in PostgreSQL. */
  public Optional<Path> folder() {
    return postgresql ? Optional.empty() : Optional.of(Path.of(written));
  }

  /** The file, unless it is in PostgreSQL. */
  public Optional<Path> file() {
    return folder().map(folder -> folder.resolve("studio.db"));
  }

  /** The type of a key that counts up by itself. */
  String key() {
    return postgresql ? "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY" : "INTEGER PRIMARY KEY";
  }

  HikariDataSource readers(Duration patience) {
    return pool("studio-readers", READERS, patience);
  }

  HikariDataSource writers(Duration patience) {
    return pool("studio-writers", postgresql ? WRITERS : 1, patience);
  }

  private HikariDataSource pool(String name, int size, Duration patience) {
    HikariConfig config = new HikariConfig();
    config.setPoolName(name);
    config.setMaximumPoolSize(size);
    config.setMinimumIdle(1);
    config.setConnectionTimeout(patience.toMillis());
    config.setJdbcUrl(postgresql ? written : "jdbc:sqlite:" + file().orElseThrow());
    if (!postgresql) {
      config.addDataSourceProperty("journal_mode", "WAL");
      config.addDataSourceProperty("synchronous", "FULL");
      config.addDataSourceProperty("busy_timeout", "10000");
      config.addDataSourceProperty("foreign_keys", "true");
      config.addDataSourceProperty("secure_delete", "true");
      config.addDataSourceProperty("transaction_mode", "IMMEDIATE");
    }
    return new HikariDataSource(config);
  }

  /** As it was given, without what may be a password. */
  @Override
  public String toString() {
    return postgresql ? written.split("[?]")[0].replaceAll("//[^/@]*@", "//") : written;
  }
}
