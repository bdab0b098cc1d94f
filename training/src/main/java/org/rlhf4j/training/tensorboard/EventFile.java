package org.rlhf4j.training.tensorboard;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.rlhf4j.training.run.Metrics;

/**
 * The metrics of a run as scalars, for TensorBoard. Each start of the run writes a file of its own,
 * numbered so that names sort by time; its first records tell TensorBoard to forget the steps that
 * a resumed run makes again. A record is handed to the operating system whole.
 */
public final class EventFile implements AutoCloseable {

  private final FileChannel channel;
  private final LongSupplier millis;

  /**
   * Starts the next file.
   *
   * @param folder {@code tensorboard} in the run directory, made where it doesn't exist
   * @param done the steps that came before, 0 at the beginning
   * @param millis the clock, in milliseconds since 1970
   * @throws IOException when it can't be written
   */
  public EventFile(Path folder, int done, LongSupplier millis) throws IOException {
    this.millis = millis;
    Files.createDirectories(folder);
    channel =
        FileChannel.open(next(folder), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    write(EventRecord.version(seconds()));
    write(EventRecord.start(seconds(), done + 1));
  }

  private static Path next(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      long number =
          files.filter(file -> file.getFileName().toString().startsWith("events")).count();
      return folder.resolve(
          String.format(Locale.ROOT, "events.out.tfevents.%06d.rlhf", number + 1));
    }
  }

  /**
   * Appends the metrics of a step.
   *
   * @param step from 1
   * @param metrics what it measured; numbers that aren't finite too
   * @throws IOException when it can't be written
   */
  public void append(int step, Metrics metrics) throws IOException {
    write(EventRecord.scalars(seconds(), step, metrics.values()));
  }

  private double seconds() {
    return millis.getAsLong() / 1e3;
  }

  private void write(byte[] record) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(record);
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
