package org.rlhf4j.studio.store;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool.PoolInitializationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Map;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationVersion;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.run.FileFault;

/**
 * An open store. A change is a transaction, and it is on the disk when {@link #change} returns. Of
 * SQLite there is one writer at a time; readers don't wait for it.
 */
public final class Store implements AutoCloseable {

  /** The version of the tables that this program knows. */
  static final MigrationVersion VERSION = MigrationVersion.fromVersion("41");

  private final StoreAddress address;
  private final HikariDataSource readers;
  private final HikariDataSource writers;
  private final Jdbi reading;
  private final Jdbi writing;

  private Store(StoreAddress address, HikariDataSource readers, HikariDataSource writers) {
    this.address = address;
    this.readers = readers;
    this.writers = writers;
    reading = Jdbi.create(readers);
    writing = Jdbi.create(writers);
  }

  /**
   * Opens a store, made where there is none.
   *
   * @param where a folder, or {@code jdbc:postgresql://…}
   * @return the store
   * @throws UsageException if the folder can't be one
   * @throws UserException if it can't be opened, or is of a newer version
   */
  public static Store open(String where) {
    StoreAddress address = StoreAddress.of(where);
    address.folder().ifPresent(Store::make);
    HikariDataSource writers = null;
    try {
      writers = address.writers();
      migrate(address, writers);
      return new Store(address, address.readers(), writers);
    } catch (PoolInitializationException | FlywayException e) {
      if (writers != null) {
        writers.close();
      }
      throw new UserException(address + ": the store can't be opened: " + cause(e), e);
    } catch (UserException e) {
      writers.close();
      throw e;
    }
  }

  /**
   * Opens a store that is there.
   *
   * @param where as {@link #open} takes it
   * @return the store
   * @throws UserException if there is none, or it can't be opened
   */
  public static Store existing(String where) {
    StoreAddress address = StoreAddress.of(where);
    if (address.file().isPresent() && !Files.exists(address.file().get())) {
      throw new UsageException(
          address
              + ": there is no store here; name its folder with --store, or make one with"
              + " 'rlhf studio add'");
    }
    return open(where);
  }

  private static void make(Path folder) {
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      throw new UsageException(folder + ": is a file; the store needs a folder");
    }
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UsageException(
          folder + ": can't be made (" + FileFault.reason(e) + "); choose another folder", e);
    }
  }

  private static void migrate(StoreAddress address, HikariDataSource writers) {
    Flyway flyway =
        Flyway.configure(Store.class.getClassLoader())
            .dataSource(writers)
            .locations("classpath:org/rlhf4j/studio/store")
            .placeholders(Map.of("key", address.key()))
            .validateOnMigrate(false)
            .loggers("slf4j")
            .load();
    MigrationInfo current = flyway.info().current();
    if (current != null
        && current.getVersion() != null
        && current.getVersion().compareTo(VERSION) > 0) {
      throw new UserException(
          "%s: its tables are of version %s, and this program knows them up to %s; use a newer program"
              .formatted(address, current.getVersion(), VERSION));
    }
    flyway.migrate();
  }

  /**
   * Reads.
   *
   * @param work what to do with a connection
   * @return what it returns
   */
  public <T> T read(HandleCallback<T, RuntimeException> work) {
    try {
      return reading.withHandle(work);
    } catch (JdbiException e) {
      throw fault(e);
    }
  }

  /**
   * Changes the store in one transaction. It is written when this returns; if it throws, nothing of
   * it is.
   *
   * @param work what to do with a connection
   * @return what it returns
   */
  public <T> T change(HandleCallback<T, RuntimeException> work) {
    try {
      return writing.inTransaction(work);
    } catch (JdbiException e) {
      throw fault(e);
    }
  }

  /** A full disk or a locked database is told in one line; a fault of ours stays what it is. */
  private RuntimeException fault(JdbiException e) {
    String cause = cause(e);
    boolean full = cause.contains("SQLITE_FULL") || cause.contains("No space left");
    if (full) {
      return new UserException(address + ": the disk is full; free some space and try again", e);
    }
    if (cause.contains("SQLITE_BUSY")) {
      return new UserException(
          address + ": another program has kept the store locked; try again when it has ended", e);
    }
    return cause(e).contains("SQLITE_READONLY")
        ? new UserException(address + ": the store can't be written; check its permissions", e)
        : e;
  }

  private static String cause(Throwable e) {
    Throwable cause = e;
    while (cause.getCause() != null && !(cause instanceof SQLException)) {
      cause = cause.getCause();
    }
    return String.valueOf(cause.getMessage()).strip().lines().findFirst().orElse("");
  }

  /**
   * Copies a store that is in a folder, as it is at one moment.
   *
   * @param file the copy, which isn't there yet
   */
  public void copyTo(Path file) {
    read(
        handle -> handle.createUpdate("VACUUM INTO :file").bind("file", file.toString()).execute());
  }

  /** Where it is. */
  public StoreAddress address() {
    return address;
  }

  @Override
  public void close() {
    readers.close();
    writers.close();
  }
}
