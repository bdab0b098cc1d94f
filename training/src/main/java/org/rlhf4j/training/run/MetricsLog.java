package org.rlhf4j.training.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.rlhf4j.settings.UserException;

/**
 * {@code metrics.jsonl}: one object per step, {@code step} first, then the metrics in their order.
 * JSON has no NaN and no infinity, so a number that isn't finite is written as {@code null} (the
 * mean of a step in which nothing takes part, say): its key stays.
 */
public final class MetricsLog implements AutoCloseable {

  private final StepLines lines;

  /**
   * Opens the log of a run, first cut back to a step.
   *
   * @param file {@code metrics.jsonl}, created where it doesn't exist
   * @param step the last step to keep: that of the checkpoint from which the run goes on; 0 starts
   *     anew
   * @throws UserException when it lacks one of the steps to keep
   * @throws IOException when it can't be read or written
   */
  public MetricsLog(Path file, int step) throws IOException {
    if (step > 0) {
      requireAll(file, step);
    }
    StepLines.cutBack(file, step);
    lines = new StepLines(file);
  }

  /** What comes next, as the best evaluation, depends on the lines of all steps so far. */
  private static void requireAll(Path file, int step) throws IOException {
    int last = 0;
    if (Files.exists(file)) {
      SortedMap<Integer, Metrics> kept = read(file).headMap(step + 1);
      last = kept.isEmpty() || kept.firstKey() != 1 ? 0 : kept.lastKey();
    }
    if (last < step) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "%s:%d:1: the line of step %d is missing, and the checkpoint is of step %d; put it back, or start anew with another --output",
              file,
              last + 1,
              last + 1,
              step));
    }
  }

  /**
   * Reads a log.
   *
   * @param file {@code metrics.jsonl}; a torn last line is left out
   * @return metrics by step, {@code null} as NaN
   * @throws UserException when a line isn't one of a log, or one in the middle is missing
   * @throws IOException when it can't be read
   */
  public static SortedMap<Integer, Metrics> read(Path file) throws IOException {
    SortedMap<Integer, Metrics> steps = new TreeMap<>();
    int number = 0;
    for (ObjectNode line : StepLines.read(file)) {
      number++;
      int step = line.get(StepLines.STEP).intValue();
      if (!steps.isEmpty() && step != steps.lastKey() + 1) {
        throw new UserException(
            String.format(
                Locale.ROOT,
                "%s:%d:1: is of step %d and follows step %d; put back what stood between",
                file,
                number,
                step,
                steps.lastKey()));
      }
      Metrics metrics = new Metrics();
      for (Map.Entry<String, JsonNode> entry : line.properties()) {
        if (!entry.getKey().equals(StepLines.STEP)) {
          JsonNode value = entry.getValue();
          metrics.put(entry.getKey(), value.isNumber() ? value.doubleValue() : Double.NaN);
        }
      }
      steps.put(step, metrics);
    }
    return steps;
  }

  /**
   * Appends the metrics of a step.
   *
   * @param step the step, from 1
   * @param metrics what it measured
   * @throws IOException when it can't be written
   */
  public void append(int step, Metrics metrics) throws IOException {
    ObjectNode line = JsonNodeFactory.instance.objectNode().put(StepLines.STEP, step);
    metrics
        .values()
        .forEach(
            (name, value) -> {
              if (Double.isFinite(value)) {
                line.put(name, value);
              } else {
                line.putNull(name);
              }
            });
    lines.append(line);
  }

  /**
   * Waits until all lines are on the disk, so that a checkpoint is never ahead of its log.
   *
   * @throws IOException when they can't be written
   */
  public void sync() throws IOException {
    lines.sync();
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
