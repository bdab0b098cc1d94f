package org.rlhf4j.hub;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A second JVM that holds a file's lock, as a second download would. */
final class OtherProcess implements AutoCloseable {

  private final Process process;

  private OtherProcess(Process process) {
    this.process = process;
  }

  /** Starts it, and returns when it has the lock. */
  static OtherProcess locking(Path file) throws IOException {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    Process process =
        new ProcessBuilder(
                java.toString(),
                "-cp",
                System.getProperty("java.class.path"),
                OtherProcess.class.getName(),
                file.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    InputStream locked = process.getInputStream();
    if (locked.read() < 0) {
      throw new IOException("the other process has ended");
    }
    return new OtherProcess(process);
  }

  /** Holds the lock till its input ends. */
  public static void main(String[] args) throws IOException {
    try (FileChannel channel =
        FileChannel.open(Path.of(args[0]), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.lock();
      System.out.write('.');
      System.out.flush();
      System.in.transferTo(OutputStream.nullOutputStream());
    }
  }

  void unlock() throws IOException {
    process.getOutputStream().close();
  }

  @Override
  public void close() {
    process.destroy();
  }
}
