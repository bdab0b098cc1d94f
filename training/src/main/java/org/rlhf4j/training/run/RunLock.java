package org.rlhf4j.training.run;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.rlhf4j.settings.UserException;

/**
 * Keeps a run directory to one process. The operating system holds the lock and lets go of it when
 * the process ends in whatever way, so there is never a stale one to clear; the file itself stays.
 */
final class RunLock implements AutoCloseable {

  static final String FILE = "run.lock";

  private final FileChannel channel;

  private RunLock(FileChannel channel) {
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
  static RunLock take(Path folder) throws IOException {
    FileChannel channel =
        FileChannel.open(folder.resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    if (tryLock(channel) == null) {
      channel.close();
      throw new UserException(
          folder
              + ": another process is running here; wait for it to end, or choose another"
              + " --output");
    }
    return new RunLock(channel);
  }

  private static FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
