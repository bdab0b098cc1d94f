package org.rlhf4j.studio.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.run.FileFault;

/**
 * Keeps the studio of a folder a single one. The operating system holds the lock and lets go of it
 * when the process ends. Commands that add or export don't need it.
 */
public final class StoreLock implements AutoCloseable {

  private final FileChannel channel;

  private StoreLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Takes the lock of a store; in PostgreSQL there is none, since several studios may share it.
   *
   * @param address the store
   * @return the lock
   * @throws UserException if another studio runs there
   */
  public static StoreLock take(StoreAddress address) {
    if (address.folder().isEmpty()) {
      return new StoreLock(null);
    }
    Path folder = address.folder().get();
    try {
      Files.createDirectories(folder);
      FileChannel channel =
          FileChannel.open(
              folder.resolve("studio.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (!isTaken(channel)) {
        return new StoreLock(channel);
      }
      channel.close();
    } catch (IOException e) {
      throw new UsageException(
          folder + ": can't be used (" + FileFault.reason(e) + "); choose another --data", e);
    }
    throw new UserException(
        folder + ": another studio runs on this folder; open its page, or choose another --data");
  }

  private static boolean isTaken(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() == null;
    } catch (OverlappingFileLockException e) {
      return true;
    }
  }

  @Override
  public void close() {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
