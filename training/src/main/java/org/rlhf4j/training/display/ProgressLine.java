package org.rlhf4j.training.display;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import org.rlhf4j.training.run.Metrics;

/**
 * Shows how far a run is: on a terminal a bar that is redrawn in place, elsewhere plain lines, or
 * JSON objects, at the first and last step, at each tenth of the run and at least every half
 * minute. A {@link ProgressListener} hears of every step instead.
 *
 * <pre>
 * sft: step 40/100, 2.1 steps/s, 0:29 left, loss 3.218, grad_norm 1.04
 * {"time":"…","stage":"sft","step":40,"steps":100,"seconds_left":29.1,"loss":3.218,"grad_norm":1.04}
 * </pre>
 */
public final class ProgressLine implements AutoCloseable {

  private static final int TENTHS = 10;
  private static final long LINE_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final String name;
  private final int done;
  private final int steps;
  private final List<String> shown;
  private final Display display;
  private final Optional<TerminalBar> bar;

  private long lastNanos;
  private int lastStep;
  private long paceNanos; // from when and which step on the pace is measured
  private int paceStep;

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
    lastStep = done;
    paceNanos = display.nanoTime().getAsLong();
    paceStep = done;
    bar =
        display.terminal()
            ? Optional.of(new TerminalBar(name, done, steps, display))
            : Optional.empty();
  }

  /**
   * Shows a step; as a line unless the last one shown is too near.
   *
   * @param step the step that is done, from 1
   * @param metrics what it measured
   */
  public void update(int step, Metrics metrics) {
    if (display.listener().isPresent()) {
      display.listener().get().step(new Progress(name, step, steps, metrics));
      return;
    }
    long now = display.nanoTime().getAsLong();
    double pace = pace(step, now);
    bar.ifPresent(
        drawn -> drawn.update(step, pace * (steps - step), String.join("  ", numbers(metrics))));
    if (bar.isPresent() || !isDue(step, now)) {
      return;
    }
    if (display.stream() instanceof JsonStream json) {
      json.show(object(step, pace, metrics));
    } else {
      display.stream().println(plainLine(step, pace, metrics));
      display.stream().flush();
    }
    lastStep = step;
    lastNanos = now;
  }

  /**
   * Shows a warning on a line of its own, also where nothing else is shown.
   *
   * @param line the line
   */
  public void warn(String line) {
    if (display.listener().isPresent()) {
      display.listener().get().warning(line);
      return;
    }
    bar.ifPresentOrElse(drawn -> drawn.note(line), () -> display.warnings().println(line));
  }

  /** Ends the bar's line, so that what comes next starts on its own. */
  @Override
  public void close() {
    bar.ifPresent(TerminalBar::close);
  }

  private boolean isDue(int step, long now) {
    return step == steps
        || lastStep == done
        || tenth(step) > tenth(lastStep)
        || now - lastNanos >= LINE_NANOS;
  }

  private long tenth(int step) {
    return (long) step * TENTHS / steps;
  }

  /** Seconds a step. The first is left out soon: scripts are compiled there, proofs are made. */
  private double pace(int step, long now) {
    double seconds = (now - paceNanos) / 1e9 / Math.max(1, step - paceStep);
    if (paceStep == done) {
      paceStep = step;
      paceNanos = now;
    }
    return seconds;
  }

  private String plainLine(int step, double secondsPerStep, Metrics metrics) {
    List<String> parts = new ArrayList<>();
    parts.add(name + ": step " + step + "/" + steps);
    if (step > done + 1 || step == steps) { // the first step says little of the others
      parts.add(rate(secondsPerStep));
      parts.add(duration(secondsPerStep * (steps - step)) + " left");
    }
    parts.addAll(numbers(metrics));
    return String.join(", ", parts);
  }

  private ObjectNode object(int step, double secondsPerStep, Metrics metrics) {
    ObjectNode object = JsonStream.object().put("stage", name);
    object.put("step", step).put("steps", steps);
    object.put("seconds_left", secondsPerStep * (steps - step));
    for (String metric : shown) {
      OptionalDouble value = metrics.get(metric);
      if (value.isPresent() && Double.isFinite(value.getAsDouble())) {
        object.put(metric, value.getAsDouble());
      }
    }
    return object;
  }

  private List<String> numbers(Metrics metrics) {
    List<String> numbers = new ArrayList<>();
    for (String metric : shown) {
      OptionalDouble value = metrics.get(metric);
      if (value.isPresent()) {
        numbers.add(metric + " " + number(value.getAsDouble()));
      }
    }
    return numbers;
  }

  private static String rate(double secondsPerStep) {
    return secondsPerStep < 1
        ? String.format(Locale.ROOT, "%.1f steps/s", 1 / Math.max(secondsPerStep, 1e-9))
        : String.format(Locale.ROOT, "%.1f s/step", secondsPerStep);
  }

  /** Minutes and seconds, with hours where there are some. */
  public static String duration(double seconds) {
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
