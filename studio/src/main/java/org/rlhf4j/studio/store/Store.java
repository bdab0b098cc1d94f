package org.rlhf4j.studio.store;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool.PoolInitializationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationVersion;
import org.jdbi.v3.core.ConnectionException;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.HandleConsumer;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.statement.StatementExceptions;
import org.jdbi.v3.core.statement.StatementExceptions.MessageRendering;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.run.FileFault;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An open store. A change is a transaction, and it is on the disk when {@link #change} returns. Of
 * SQLite there is one writer at a time; readers don't wait for it.
 */
public final class Store implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Store.class);

  /** How long one waits for others before it is said so. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final StoreAddress address;
  private final HikariDataSource readers;
  private final HikariDataSource writers;
  private final Jdbi reading;
  private final Jdbi writing;

  private Store(StoreAddress address, HikariDataSource readers, HikariDataSource writers) {
    this.address = address;
    this.readers = readers;
    this.writers = writers;
    reading = jdbi(readers);
    writing = jdbi(writers);
  }

  /** What goes wrong is told without the values, of which some are secret. */
  private static Jdbi jdbi(DataSource source) {
    Jdbi jdbi = Jdbi.create(source);
    jdbi.getConfig(StatementExceptions.class).setMessageRendering(MessageRendering.NONE);
    return jdbi;
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
    return open(where, PATIENCE);
  }

  static Store open(String where, Duration patience) {
    StoreAddress address = StoreAddress.of(where);
    address.folder().ifPresent(Store::make);
    HikariDataSource writers = null;
    try {
      writers = address.writers(patience);
      migrate(address, writers);
      return new Store(address, address.readers(patience), writers);
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

  /** Brings the tables up to date, all steps in one transaction; before that they are copied. */
  private static void migrate(StoreAddress address, HikariDataSource writers) {
    Flyway flyway =
        Flyway.configure(Store.class.getClassLoader())
            .dataSource(writers)
            .locations("classpath:org/rlhf4j/studio/store")
            .placeholders(Map.of("key", address.key()))
            .validateOnMigrate(false)
            .group(true)
            .loggers("slf4j")
            .load();
    Optional<MigrationVersion> current =
        Optional.ofNullable(flyway.info().current()).map(MigrationInfo::getVersion);
    MigrationVersion known = known(flyway);
    if (current.isPresent() && current.get().compareTo(known) > 0) {
      throw new UserException(
          "%s: its tables are of version %s, and this program knows them up to %s; use a newer program"
              .formatted(address, current.get(), known));
    }
    if (current.isPresent() && current.get().compareTo(known) < 0) {
      String copy = copy(address, writers, current.get());
      flyway.migrate();
      LOG.warn(
          "{}: its tables were of version {} and are of {} now; {}",
          address,
          current.get(),
          known,
          copy);
    } else {
      flyway.migrate();
    }
  }

  private static MigrationVersion known(Flyway flyway) {
    return Arrays.stream(flyway.info().all())
        .filter(info -> info.getState().isResolved())
        .map(MigrationInfo::getVersion)
        .max(Comparator.naturalOrder())
        .orElseThrow();
  }

  /** Copies a store that is in a folder, and says where to. */
  private static String copy(
      StoreAddress address, HikariDataSource writers, MigrationVersion version) {
    if (address.file().isEmpty()) {
      return "no copy was made, which pg_dump does";
    }
    Path file = address.file().get();
    Path copy = file.resolveSibling("studio-" + version + ".db");
    for (int i = 2; Files.exists(copy); i++) {
      copy = file.resolveSibling("studio-" + version + "-" + i + ".db");
    }
    copy(Jdbi.create(writers), copy);
    return "what they were is in " + copy;
  }

  private static void copy(Jdbi from, Path file) {
    from.useHandle(
        handle -> handle.createUpdate("VACUUM INTO :file").bind("file", file.toString()).execute());
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
   * @throws StoreBusyException if others keep it too long
   */
  public <T> T change(HandleCallback<T, RuntimeException> work) {
    try {
      return writing.inTransaction(work);
    } catch (JdbiException e) {
      throw fault(e);
    }
  }

  /**
   * Changes the store so that nothing of what it takes away stays in the files either.
   *
   * @param work what to do with a connection
   */
  public void erase(HandleConsumer<RuntimeException> work) {
    change(
        handle -> {
          work.useHandle(handle);
          return null;
        });
    if (!address.isPostgresql()) {
      writing.useHandle(handle -> handle.execute("PRAGMA wal_checkpoint(TRUNCATE)"));
    }
  }

  /** A full disk or a locked database is told in one line; a fault of ours stays what it is. */
  private RuntimeException fault(JdbiException e) {
    String cause = cause(e);
    boolean full = cause.contains("SQLITE_FULL") || cause.contains("No space left");
    if (full) {
      return new UserException(address + ": the disk is full; free some space and try again", e);
    }
    if (e instanceof ConnectionException) {
      return new StoreBusyException(
          address + ": many wait for the store, or it is away; try again in a moment", e);
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
    try {
      copy(reading, file);
    } catch (JdbiException e) {
      throw fault(e);
    }
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
