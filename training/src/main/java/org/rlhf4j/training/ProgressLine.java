package org.rlhf4j.training;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;

/**
 * Shows how far a run is: on a terminal one line with a bar that is redrawn in place, elsewhere
 * plain lines, at the first and last step, at each tenth of the run and at least every half minute.
 *
 * <pre>
 * sft [########------------]  40/100  2.1 steps/s  0:29 left  loss 3.218  grad_norm 1.04
 * sft: step 40/100, 2.1 steps/s, 0:29 left, loss 3.218, grad_norm 1.04
 * </pre>
 */
public final class ProgressLine implements AutoCloseable {

  private static final int BAR = 20;
  private static final int TENTHS = 10;
  private static final long REDRAW_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long PLAIN_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final String CLEAR_LINE = "\r\u001b[K";

  private final String name;
  private final int done;
  private final int steps;
  private final List<String> shown;
  private final Display display;
  private final long startNanos;

  private long lastNanos;
  private int lastStep;
  private boolean drawn;

  /**
   * Starts the clock.
   *
   * @param name what runs, such as {@code sft}
   * @param done steps that an earlier run made
   * @param steps steps in all, at least 1
   * @param shown names of the metrics to show, two or three
   * @param display where to show it
   */
  public ProgressLine(String name, int done, int steps, List<String> shown, Display display) {
    this.name = name;
    this.done = done;
    this.steps = steps;
    this.shown = List.copyOf(shown);
    this.display = display;
    startNanos = display.nanoTime().getAsLong();
    lastStep = done;
  }

  /**
   * Shows a step, unless the last one shown is too near.
   *
   * @param step the step that is done, from 1
   * @param metrics what it measured
   */
  public void update(int step, Metrics metrics) {
    long now = display.nanoTime().getAsLong();
    if (!isDue(step, now)) {
      return;
    }
    if (display.terminal()) {
      String line = barLine(step, now, metrics);
      String fitting = line.substring(0, Math.min(line.length(), display.columns() - 1));
      display.stream().print(CLEAR_LINE + fitting);
      drawn = true;
    } else {
      display.stream().println(plainLine(step, now, metrics));
    }
    display.stream().flush();
    lastStep = step;
    lastNanos = now;
  }

  /**
   * Prints a line of its own; a bar is redrawn below it at the next step.
   *
   * @param line the line
   */
  public void note(String line) {
    if (drawn) {
      display.stream().print(CLEAR_LINE);
      drawn = false;
    }
    display.stream().println(line);
  }

  /** Ends the bar's line, so that what comes next starts on its own. */
  @Override
  public void close() {
    if (drawn) {
      display.stream().println();
      drawn = false;
    }
  }

  private boolean isDue(int step, long now) {
    if (step == steps || lastStep == done) {
      return true;
    }
    if (display.terminal()) {
      return now - lastNanos >= REDRAW_NANOS;
    }
    return tenth(step) > tenth(lastStep) || now - lastNanos >= PLAIN_NANOS;
  }

  private long tenth(int step) {
    return (long) step * TENTHS / steps;
  }

  private String barLine(int step, long now, Metrics metrics) {
    int filled = (int) ((long) Math.min(step, steps) * BAR / steps);
    return name
        + " ["
        + "#".repeat(filled)
        + "-".repeat(BAR - filled)
        + "]  "
        + step
        + "/"
        + steps
        + "  "
        + String.join("  ", details(step, now, metrics));
  }

  private String plainLine(int step, long now, Metrics metrics) {
    return name
        + ": step "
        + step
        + "/"
        + steps
        + ", "
        + String.join(", ", details(step, now, metrics));
  }

  private List<String> details(int step, long now, Metrics metrics) {
    double secondsPerStep = (now - startNanos) / 1e9 / Math.max(1, step - done);
    List<String> details = new ArrayList<>();
    details.add(rate(secondsPerStep));
    details.add(duration(secondsPerStep * (steps - step)) + " left");
    for (String metric : shown) {
      OptionalDouble value = metrics.get(metric);
      if (value.isPresent()) {
        details.add(metric + " " + number(value.getAsDouble()));
      }
    }
    return details;
  }

  private static String rate(double secondsPerStep) {
    return secondsPerStep < 1
        ? String.format(Locale.ROOT, "%.1f steps/s", 1 / Math.max(secondsPerStep, 1e-9))
        : String.format(Locale.ROOT, "%.1f s/step", secondsPerStep);
  }

  private static String duration(double seconds) {
    long whole = Math.round(seconds);
    return whole < 3600
        ? String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60)
        : String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
  }

  private static String number(double value) {
    return String.format(
        Locale.ROOT, Math.abs(value) >= 1e-3 || value == 0 ? "%.4g" : "%.1e", value);
  }
}
