package org.rlhf4j.cli.corrupted;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.rlhf4j.cli.Outcome;
import org.rlhf4j.training.run.AtomicFiles;

/**
 * Damaged files of each kind: a command does its work or ends with one line that was meant for
 * them. {@code .ci/corrupted} makes more of them.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CorruptedFilesTest {

  /** In all kinds together; the properties are those that {@code .ci/corrupted} gives. */
  private static final int INPUTS = Integer.getInteger("corrupted.inputs", 360);

  private static final long SEED = Long.getLong("corrupted.seed", 1);

  /** Processor seconds that a command may take, where that is looked at: 0 where it isn't. */
  private static final int SECONDS = Integer.getInteger("corrupted.seconds", 0);

  /** What waits for something that doesn't come; on the clock. */
  private static final int HANGS_AFTER_SECONDS = 120;

  private static final OperatingSystemMXBean SYSTEM =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  /** Is there before each input, for whoever looks after the process has died. */
  private static final Path CURRENT = Path.of("target", "corrupted-input.txt");

  @TempDir private static Path folder;
  private List<FileKind> kinds;
  private final ExecutorService commands = Executors.newSingleThreadExecutor();

  @BeforeAll
  void make() throws IOException {
    kinds = SoundFiles.in(Files.createDirectory(folder.resolve("sound")));
  }

  @AfterAll
  void end() {
    commands.shutdownNow();
  }

  Stream<FileKind> kinds() {
    return kinds.stream();
  }

  /** Otherwise a damaged one would be refused for another reason. */
  @ParameterizedTest
  @MethodSource("kinds")
  void soundFilesAreRead(FileKind kind) throws IOException {
    Path copy = folder.resolve("copy");
    try {
      assertThat(kind.soundOutcome(copy).succeeded().code()).isZero();
    } finally {
      AtomicFiles.deleteFolder(copy);
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void damagedOnesAreReadOrRefused(FileKind kind) throws Exception {
    List<String> faults = new ArrayList<>();
    double longest = 0;
    long slowest = 0;
    int refused = 0;
    int inputs = (INPUTS + kinds.size() - 1) / kinds.size();
    for (long seed = SEED * 1_000_000; seed < SEED * 1_000_000 + inputs; seed++) {
      Tried tried = tried(kind, seed);
      slowest = tried.seconds() > longest ? seed : slowest;
      longest = Math.max(longest, tried.seconds());
      refused += tried.outcome().code() == 0 ? 0 : 1;
      String fault = fault(tried);
      if (!fault.isEmpty()) {
        faults.add(kind.name() + "," + seed + ": " + fault);
      }
    }
    System.out.printf(
        Locale.ROOT,
        "corrupted %s: %d inputs, %d refused, %d faults, longest %.1f s (seed %d)%n",
        kind.name(),
        inputs,
        refused,
        faults.size(),
        longest,
        slowest);
    assertThat(faults).isEmpty();
  }

  /** Each of these found a fault once. */
  @ParameterizedTest
  @CsvFileSource(resources = "/corrupted/kept.csv", numLinesToSkip = 1)
  void keptSeedsFindNothingMore(String name, long seed) throws Exception {
    FileKind kind = kinds.stream().filter(k -> k.name().equals(name)).findFirst().orElseThrow();
    assertThat(fault(tried(kind, seed))).isEmpty();
  }

  /** The check can fail. */
  @Test
  void otherEndsAreFaults() {
    assertThat(fault(new Tried(new Outcome(0, "", ""), 0))).isEmpty();
    assertThat(fault(new Tried(new Outcome(1, "", "rlhf: a: broken\n"), 0))).isEmpty();
    assertThat(fault(new Tried(new Outcome(3, "", "rlhf: a: broken\n"), 0))).isNotEmpty();
    assertThat(fault(new Tried(new Outcome(1, "", ""), 0))).isNotEmpty();
    assertThat(fault(new Tried(new Outcome(1, "", "rlhf: E: null (not expected: …)\n"), 0)))
        .isNotEmpty();
    assertThat(fault(new Tried(new Outcome(1, "", "rlhf: out of memory in Java (x)\n"), 0)))
        .isNotEmpty();
    assertThat(fault(new Tried(new Outcome(1, "", "rlhf: a\n\tat b(C.java:1)\n"), 0))).isNotEmpty();
  }

  /**
   * What a command made of damaged files.
   *
   * @param seconds how long the process computed, which others on the machine don't lengthen
   */
  private record Tried(Outcome outcome, double seconds) {}

  private Tried tried(FileKind kind, long seed) throws Exception {
    Files.createDirectories(CURRENT.getParent());
    Files.writeString(CURRENT, kind.name() + "," + seed + "\n");
    Path copy = folder.resolve("copy");
    long start = SYSTEM.getProcessCpuTime();
    Future<Outcome> outcome = commands.submit(() -> kind.outcome(seed, copy));
    try {
      Outcome ended = outcome.get(HANGS_AFTER_SECONDS, TimeUnit.SECONDS);
      double seconds = (SYSTEM.getProcessCpuTime() - start) / 1e9;
      return new Tried(ended, seconds);
    } catch (TimeoutException e) {
      throw new AssertionError(kind.name() + "," + seed + " doesn't end", e);
    } catch (ExecutionException e) {
      throw new AssertionError(kind.name() + "," + seed + " isn't caught", e.getCause());
    } finally {
      Files.deleteIfExists(CURRENT);
      AtomicFiles.deleteFolder(copy);
    }
  }

  /** What shouldn't be; empty where all is well. */
  private static String fault(Tried tried) {
    Outcome outcome = tried.outcome();
    String last = outcome.lastErrorLine();
    if (outcome.code() == 0) {
      return slowness(tried);
    }
    if (outcome.code() < 0 || outcome.code() > 2) {
      return "exit code " + outcome.code() + "; " + last;
    }
    if (!last.startsWith("rlhf: ")) {
      return "no line at the end, but '" + last + "'";
    }
    for (String part : List.of("not expected", "out of memory", "\tat ")) {
      if (outcome.err().contains(part)) {
        return last;
      }
    }
    return slowness(tried);
  }

  private static String slowness(Tried tried) {
    return SECONDS > 0 && tried.seconds() > SECONDS
        ? String.format(Locale.ROOT, "%.1f processor seconds", tried.seconds())
        : "";
  }
}
