package org.rlhf4j.studio.runs;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A run directory whose metrics are kept in memory and read on when somebody looks. Its methods may
 * be called by several threads.
 */
public final class WatchedRun {

  private static final JsonFactory JSON =
      JsonFactory.builder().enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER).build();

  /** Distinct over restarts of the process too, so that an old position is never taken for one. */
  private static final AtomicLong GENERATIONS = new AtomicLong(System.currentTimeMillis());

  /**
   * How far somebody has read.
   *
   * @param generation changes when the file is another, as after a resume
   * @param rows lines of metrics
   * @param samples lines of samples
   */
  public record Position(long generation, int rows, int samples) {

    /** Before everything. */
    public static final Position START = new Position(0, 0, 0);

    /**
     * Reads what {@link #toString} wrote.
     *
     * @param text as it came back from a page; what isn't a position is the start
     */
    public static Position parse(String text) {
      String[] parts = text.split(":");
      try {
        return parts.length == 3
            ? new Position(
                Long.parseLong(parts[0]), Integer.parseInt(parts[1]), Integer.parseInt(parts[2]))
            : START;
      } catch (NumberFormatException e) {
        return START;
      }
    }

    @Override
    public String toString() {
      return generation + ":" + rows + ":" + samples;
    }
  }

  private final Path folder;
  private final LineTail metricsTail;
  private final LineTail samplesTail;
  private MetricColumns columns = new MetricColumns();
  private long generation = GENERATIONS.incrementAndGet();
  private int damaged;
  private int samples;

  WatchedRun(Path folder) {
    this.folder = folder;
    metricsTail = new LineTail(folder.resolve(WatchedRuns.METRICS), new MetricLines());
    samplesTail = new LineTail(folder.resolve("samples.jsonl"), new SampleLines());
  }

  /** The run directory. */
  public Path folder() {
    return folder;
  }

  /**
   * Reads what was written since.
   *
   * @return how far the files go now
   * @throws IOException if they can't be read
   */
  public synchronized Position read() throws IOException {
    metricsTail.read();
    samplesTail.read();
    return new Position(generation, columns.rows(), samples);
  }

  /** The last step that was read. */
  public synchronized int lastStep() {
    return columns.lastStep();
  }

  /** Lines that aren't metrics of a step. */
  public synchronized int damaged() {
    return damaged;
  }

  /**
   * What was read up to a position, as curves.
   *
   * @param to the position
   * @param most points of a curve
   * @return as the report's page draws them, the least and the greatest values kept
   */
  public synchronized ObjectNode series(Position to, int most) {
    return columns.thinned(Math.min(to.rows(), columns.rows()), most);
  }

  /**
   * What was read between two positions of one generation.
   *
   * @param from the first position
   * @param to the second
   * @return {@code steps} and {@code values}
   */
  public synchronized ObjectNode between(Position from, Position to) {
    return columns.rows(from.rows(), Math.min(to.rows(), columns.rows()));
  }

  private void take(byte[] bytes, int offset, int length) throws IOException {
    try (JsonParser parser = JSON.createParser(bytes, offset, length)) {
      if (parser.nextToken() != JsonToken.START_OBJECT
          || !"step".equals(parser.nextFieldName())
          || parser.nextToken() != JsonToken.VALUE_NUMBER_INT) {
        damaged++;
        return;
      }
      columns.begin(parser.getIntValue());
      for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
        JsonToken value = parser.nextToken();
        if (value.isNumeric()) {
          columns.put(name, parser.getDoubleValue());
        } else {
          parser.skipChildren();
        }
      }
    }
  }

  private final class MetricLines implements LineTail.Lines {
    @Override
    public void restart() {
      columns = new MetricColumns();
      damaged = 0;
      generation = GENERATIONS.incrementAndGet();
    }

    @Override
    public void line(byte[] bytes, int offset, int length) {
      try {
        take(bytes, offset, length);
      } catch (IOException e) {
        damaged++;
      }
    }
  }

  private final class SampleLines implements LineTail.Lines {
    @Override
    public void restart() {
      samples = 0;
    }

    @Override
    public void line(byte[] bytes, int offset, int length) {
      samples++;
    }
  }
}
