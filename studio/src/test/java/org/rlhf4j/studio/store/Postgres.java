package org.rlhf4j.studio.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * A PostgreSQL of its own for a test: Debian's package, started in a temporary folder. It doesn't
 * run as root, so root starts it as the user {@code postgres}.
 */
public final class Postgres implements AutoCloseable {

  private static final AtomicInteger DATABASES = new AtomicInteger();
  private static Postgres shared;

  private final Path folder;
  private final int port;

  private Postgres(Path folder, int port) {
    this.folder = folder;
    this.port = port;
  }

  /** Whether the programs are here, and the user if this is root. */
  public static boolean isInstalled() {
    return programs().isPresent() && (!isRoot() || run(List.of("id", "postgres")) == 0);
  }

  private static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }

  private static Optional<Path> programs() {
    Path versions = Path.of("/usr/lib/postgresql");
    if (!Files.isDirectory(versions)) {
      return Optional.empty();
    }
    try (Stream<Path> found = Files.list(versions)) {
      return found
          .map(version -> version.resolve("bin"))
          .filter(bin -> Files.isExecutable(bin.resolve("initdb")))
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Starts one that says that something is on the disk when it is, as a team's does. */
  public static Postgres start() {
    return start(true);
  }

  private static Postgres start(boolean durable) {
    try {
      return start(Files.createTempDirectory("studio-postgres"), freePort(), durable);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0)) {
      return free.getLocalPort();
    }
  }

  private static Postgres start(Path folder, int port, boolean durable) {
    Postgres postgres = new Postgres(folder, port);
    if (isRoot()) {
      require(run(List.of("chown", "postgres", folder.toString())));
    }
    String data = folder.resolve("data").toString();
    require(postgres.as("initdb", "--auth=trust", "--username=studio", "--no-sync", "-D", data));
    String options =
        "-p %s -k %s -h 127.0.0.1 -c fsync=%s".formatted(port, folder, durable ? "on" : "off");
    String log = folder.resolve("log").toString();
    require(postgres.as("pg_ctl", "start", "--wait", "-D", data, "-l", log, "-o", options));
    return postgres;
  }

  static Postgres share() {
    shared = start(false);
    return shared;
  }

  /** The address of a fresh database, for a test that is {@link OnPostgresql}. */
  public static String fresh() {
    return shared.database();
  }

  /** The address of a fresh database. */
  public String database() {
    String name = "studio" + DATABASES.incrementAndGet();
    String at = "host=127.0.0.1 port=%s user=studio dbname=postgres".formatted(port);
    require(as("psql", "-d", at, "-c", "CREATE DATABASE " + name));
    return "jdbc:postgresql://127.0.0.1:" + port + "/" + name + "?user=studio";
  }

  /** The processor time that its processes have taken, in seconds. */
  public double processorSeconds() {
    try (Stream<String> lines = Files.lines(folder.resolve("data/postmaster.pid"))) {
      ProcessHandle server =
          ProcessHandle.of(Long.parseLong(lines.findFirst().orElseThrow())).orElseThrow();
      return Stream.concat(Stream.of(server), server.descendants())
              .map(process -> process.info().totalCpuDuration().orElse(Duration.ZERO))
              .mapToDouble(Duration::toNanos)
              .sum()
          / 1e9;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private int as(String program, String... arguments) {
    List<String> command = new ArrayList<>();
    if (isRoot()) {
      command.addAll(List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"));
    }
    command.add(programs().orElseThrow().resolve(program).toString());
    command.addAll(Arrays.asList(arguments));
    return run(command);
  }

  private static void require(int code) {
    if (code != 0) {
      throw new IllegalStateException("PostgreSQL can't be used: exit code " + code);
    }
  }

  private static int run(List<String> command) {
    try {
      return new ProcessBuilder(command)
          .directory(Path.of(System.getProperty("java.io.tmpdir")).toFile())
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException e) {
      return -1;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return -1;
    }
  }

  @Override
  public void close() {
    as("pg_ctl", "stop", "--mode=immediate", "-D", folder.resolve("data").toString());
    run(List.of("rm", "-r", "-f", folder.toString()));
  }
}
