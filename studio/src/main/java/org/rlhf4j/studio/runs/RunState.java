package org.rlhf4j.studio.runs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** What a run directory is at this moment. */
public enum RunState {
  /** A process holds the run's lock. */
  RUNNING,
  /** It came to its end. */
  FINISHED,
  /** It has no end, and no process works on it: it was stopped or it failed. */
  STOPPED;

  private static final Path LOCKS = Path.of("/proc/locks");

  /** Where locks can't be listed, a run counts as running this long after its last step. */
  private static final Duration LIVELY = Duration.ofMinutes(2);

  /**
   * Looks at a run directory. Its lock isn't taken for that, since a trainer that starts in this
   * moment would find it taken. Linux lists the locks that are held; elsewhere a run whose metrics
   * were written less than two minutes ago counts as running.
   *
   * @param folder the run directory
   * @throws IOException if it can't be read
   */
  public static RunState of(Path folder) throws IOException {
    if (isLocked(folder)) {
      return RUNNING;
    }
    return Files.exists(folder.resolve("finished")) ? FINISHED : STOPPED;
  }

  private static boolean isLocked(Path folder) throws IOException {
    Path lock = folder.resolve("run.lock");
    if (!Files.exists(lock)) {
      return false;
    }
    if (Files.isReadable(LOCKS)) {
      return isHeld(Files.readAllLines(LOCKS), Files.getAttribute(lock, "unix:ino").toString());
    }
    Path metrics = folder.resolve(WatchedRuns.METRICS);
    return !Files.exists(folder.resolve("finished"))
        && Files.exists(metrics)
        && Files.getLastModifiedTime(metrics).toInstant().isAfter(Instant.now().minus(LIVELY));
  }

  /** Whether one of the lines of {@code /proc/locks} is a write lock on a file with this inode. */
  static boolean isHeld(List<String> locks, String inode) {
    return locks.stream().anyMatch(line -> line.contains(" WRITE ") && of(line, inode));
  }

  /** A line is {@code 1: POSIX ADVISORY WRITE 812 08:01:131 0 EOF}: the inode ends the sixth. */
  private static boolean of(String line, String inode) {
    String[] parts = line.strip().split("\\s+");
    return parts.length > 5 && parts[5].endsWith(":" + inode);
  }
}
