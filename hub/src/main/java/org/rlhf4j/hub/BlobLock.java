package org.rlhf4j.hub;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Keeps a blob to one download. The operating system holds the lock between processes and lets go
 * of it when one ends in whatever way; within this process it counts for all threads as one, so
 * there is another lock.
 */
final class BlobLock implements AutoCloseable {

  private static final Map<Path, ReentrantLock> OF_THIS_PROCESS = new ConcurrentHashMap<>();

  private final ReentrantLock threads;
  private final FileChannel channel;

  private BlobLock(ReentrantLock threads, FileChannel channel) {
    this.threads = threads;
    this.channel = channel;
  }

  /**
   * Takes the lock, after others.
   *
   * @param file the lock's file, made where it doesn't exist
   * @param waiting called once where another has it
   * @throws IOException when the file can't be made or locked
   */
  static BlobLock take(Path file, Runnable waiting) throws IOException {
    ReentrantLock threads = OF_THIS_PROCESS.computeIfAbsent(file, f -> new ReentrantLock());
    boolean told = false;
    if (!threads.tryLock()) {
      waiting.run();
      told = true;
      threads.lock();
    }
    try {
      Files.createDirectories(file.getParent());
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      try {
        if (channel.tryLock() == null) {
          if (!told) {
            waiting.run();
          }
          channel.lock();
        }
        return new BlobLock(threads, channel);
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (IOException | RuntimeException e) {
      threads.unlock();
      throw e;
    }
  }

  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      threads.unlock();
    }
  }
}
