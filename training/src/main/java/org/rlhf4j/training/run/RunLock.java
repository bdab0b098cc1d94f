package org.rlhf4j.training.run;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.rlhf4j.settings.UserException;

/**
 * Keeps a run directory to one process. The operating system holds the lock and lets go of it when
 * the process ends in whatever way, so there is never a stale one to clear; the file itself stays.
 */
public final class RunLock implements AutoCloseable {

  /** The file that is locked. */
  static final String FILE = "run.lock";

  /**
   * The folders that this process holds. Its second try isn't left to the operating system: closing
   * any channel of a file gives up the locks that the process has on it.
   */
  private static final Set<Path> HELD = new HashSet<>();

  private final Path folder;
  private final FileChannel channel;

  private RunLock(Path folder, FileChannel channel) {
    this.folder = folder;
    this.channel = channel;
  }

  /**
   * Takes the lock.
   *
   * @param folder the run directory
   * @return the lock, held until it is closed or the process ends
   * @throws UserException when another process, or this one, holds it
   * @throws IOException when the file can't be made
   */
  public static RunLock take(Path folder) throws IOException {
    Optional<RunLock> lock = tryTake(folder);
    if (lock.isEmpty()) {
      throw new UserException(
          folder
              + ": another process is running here; wait for it to end, or choose another"
              + " --output");
    }
    return lock.get();
  }

  /**
   * Whether a process runs in a folder. Nothing is made there.
   *
   * @param folder a run directory, or any other folder
   * @throws IOException when the file can't be read
   */
  public static boolean isHeld(Path folder) throws IOException {
    if (!Files.exists(folder.resolve(FILE))) {
      return false;
    }
    Optional<RunLock> lock = tryTake(folder);
    if (lock.isPresent()) {
      lock.get().close();
    }
    return lock.isEmpty();
  }

  /**
   * Deletes a folder that holds the file of a lock and nothing else.
   *
   * @param folder where a lock was held
   * @throws IOException when it can't be deleted
   */
  public static void deleteUnused(Path folder) throws IOException {
    if (AtomicFiles.list(folder).stream().allMatch(path -> path.endsWith(FILE))) {
      Files.deleteIfExists(folder.resolve(FILE));
      Files.delete(folder);
    }
  }

  private static Optional<RunLock> tryTake(Path folder) throws IOException {
    Path real = folder.toRealPath();
    synchronized (HELD) {
      if (HELD.contains(real)) {
        return Optional.empty();
      }
      FileChannel channel =
          FileChannel.open(real.resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (channel.tryLock() == null) {
        channel.close();
        return Optional.empty();
      }
      HELD.add(real);
      return Optional.of(new RunLock(real, channel));
    }
  }

  @Override
  public void close() throws IOException {
    synchronized (HELD) {
      channel.close();
      HELD.remove(folder);
    }
  }
}
