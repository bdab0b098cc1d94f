package org.rlhf4j.studio.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.studio.label.Labelled;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.store.Postgres;
import org.rlhf4j.studio.store.Store;

/**
 * Twenty labellers at once over HTTP for ten seconds, or as many and as long as {@link Load} says.
 * The studio is a process of its own. What is measured is printed, and not judged.
 */
class LoadTest {

  private static final List<Figures> MEASURED = new ArrayList<>();

  @TempDir Path folder;
  private final Load load = Load.ofProcess();

  @Test
  void everyVerdictIsThereOnce() throws Exception {
    labelled("SQLite", folder.resolve("store").toString(), false, () -> 0);
  }

  /** The studio is killed while they label, and started again. */
  @Test
  void everyVerdictIsThereOnceAfterAKill() throws Exception {
    labelled("SQLite, killed", folder.resolve("store").toString(), true, () -> 0);
  }

  /** In the build the one with a kill is enough. */
  @Test
  @EnabledIfSystemProperty(named = "studio.load", matches = ".+")
  @EnabledIf(
      value = "org.rlhf4j.studio.store.Postgres#isInstalled",
      disabledReason = "no PostgreSQL below /usr/lib/postgresql")
  void everyVerdictIsThereOnceInPostgresql() throws Exception {
    try (Postgres postgres = Postgres.start()) {
      labelled("PostgreSQL", postgres.database(), false, postgres::processorSeconds);
    }
  }

  @Test
  @EnabledIf(
      value = "org.rlhf4j.studio.store.Postgres#isInstalled",
      disabledReason = "no PostgreSQL below /usr/lib/postgresql")
  void everyVerdictIsThereOnceInPostgresqlAfterAKill() throws Exception {
    try (Postgres postgres = Postgres.start()) {
      labelled("PostgreSQL, killed", postgres.database(), true, postgres::processorSeconds);
    }
  }

  @AfterAll
  static void print() {
    System.out.println(Figures.table(Load.ofProcess(), MEASURED));
  }

  private void labelled(String where, String address, boolean kill, DoubleSupplier database)
      throws Exception {
    int port = freePort();
    URI studio = URI.create("http://127.0.0.1:" + port + "/");
    try (Store store = Store.open(address)) {
      Labels labels = new Labels(store, Clock.systemUTC());
      labels
          .projects()
          .change(Labelled.project(labels, "p", Labelled.pairs(load.items())), "", Load.TARGET);
      Labellers labellers = new Labellers(store, studio, load);
      StudioProcess process = StudioProcess.start(address, port, folder);
      double[] processor = new double[3];
      try {
        double[] before = used(process, database);
        labellers.begin();
        if (kill) {
          TimeUnit.MILLISECONDS.sleep(500L * load.seconds()); // in the middle
          process.kill();
          process = StudioProcess.start(address, port, folder);
        }
        labellers.join();
        double[] after = used(process, database);
        for (int i = 0; i < after.length; i++) {
          processor[i] = kill ? Double.NaN : after[i] - before[i]; // of two studios none counts
        }
      } finally {
        process.kill();
      }
      MEASURED.add(labellers.figures(where, processor));
      requireAll(store, labellers);
    }
  }

  private static double[] used(StudioProcess studio, DoubleSupplier database) {
    return new double[] {
      studio.processorSeconds(), ProcessorTime.of(ProcessHandle.current()), database.getAsDouble()
    };
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0)) {
      return free.getLocalPort();
    }
  }

  private void requireAll(Store store, Labellers labellers) {
    List<String> events =
        store.read(
            handle -> handle.createQuery("SELECT event FROM verdict").mapTo(String.class).list());
    assertThat(new TreeSet<>(events)).isEqualTo(new TreeSet<>(labellers.taken()));
    assertThat(events).as("each once").hasSize(labellers.taken().size());
    assertThat(events).hasSizeGreaterThan(load.labellers());
    assertThat(count(store, "item WHERE answers > " + Load.TARGET)).isZero();
    assertThat(
            count(
                store,
                "item WHERE answers <> (SELECT COUNT(*) FROM standing WHERE item_id = item.id)"))
        .isZero();
    assertThat(count(store, "item WHERE is_open = 1 AND answers >= " + Load.TARGET)).isZero();
    assertThat(count(store, "lease"))
        .as("each has at most the item that is before them")
        .isLessThanOrEqualTo(load.labellers());
  }

  private static int count(Store store, String table) {
    return store.read(
        handle -> handle.createQuery("SELECT COUNT(*) FROM " + table).mapTo(Integer.class).one());
  }
}
