package org.rlhf4j.training.display;

import java.io.PrintStream;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarStyle;

/** A bar that the library redraws in place, in a thread of its own. */
final class TerminalBar implements AutoCloseable {

  private static final int REDRAW_MILLIS = 200;

  private final Line line;
  private final ProgressBar bar;
  private volatile Optional<Duration> left = Optional.empty();

  /**
   * Draws a bar.
   *
   * @param name what runs
   * @param done steps that were made before
   * @param steps steps in all
   * @param display the terminal
   */
  TerminalBar(String name, int done, int steps, Display display) {
    line = new Line(display.drawing(), display.columns() - 1);
    bar =
        new ProgressBarBuilder()
            .setTaskName(name)
            .setInitialMax(steps)
            .startsFrom(done, Duration.ZERO)
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(REDRAW_MILLIS)
            .setUnit(" steps", 1)
            .showSpeed(new DecimalFormat("0.0", DecimalFormatSymbols.getInstance(Locale.ROOT)))
            .setEtaFunction(state -> left)
            .setConsumer(line)
            .build();
  }

  /**
   * Moves on.
   *
   * @param step the step that is done
   * @param secondsLeft what the others are going to take
   * @param numbers what is told behind the bar
   */
  void update(int step, double secondsLeft, String numbers) {
    left = Optional.of(Duration.ofMillis(Math.round(1000 * secondsLeft)));
    bar.setExtraMessage("  " + numbers);
    bar.stepTo(step);
  }

  /** Prints a line above the bar. */
  void note(String text) {
    line.note(text);
  }

  @Override
  public void close() {
    bar.close();
    line.end();
  }

  /** The terminal's line that the bar is in; the library's thread and the run's both write. */
  private static final class Line implements ProgressBarConsumer {

    private static final String CLEAR = "\r\u001b[K";

    private final PrintStream stream;
    private final int columns;
    private boolean ended;

    Line(PrintStream stream, int columns) {
      this.stream = stream;
      this.columns = columns;
    }

    @Override
    public int getMaxRenderedLength() {
      return columns;
    }

    @Override
    public synchronized void accept(String rendered) {
      if (!ended) {
        stream.print(CLEAR + rendered);
        stream.flush();
      }
    }

    synchronized void note(String text) {
      stream.print(CLEAR);
      stream.println(PlainText.of(text));
      stream.flush();
    }

    /** Ends the line: the library's thread may still come with a bar. */
    synchronized void end() {
      ended = true;
      stream.println();
      stream.flush();
    }

    /** The run ends the line itself: the library leaves it open. */
    @Override
    public void close() {}
  }
}
