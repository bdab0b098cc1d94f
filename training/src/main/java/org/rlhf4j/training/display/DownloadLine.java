package org.rlhf4j.training.display;

import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.rlhf4j.hub.TransferProgress;

/**
 * Shows a download: on a terminal one line that is redrawn in place, elsewhere a line at each
 * tenth.
 *
 * <pre>
 * org/name: 6 files, 269.1 MB
 * org/name [########------------]  107.6 of 269.1 MB  12.1 MB/s  0:13 left
 * </pre>
 */
public final class DownloadLine implements TransferProgress {

  private static final int BAR = 20;
  private static final int TENTHS = 10;
  private static final long REDRAW_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final String CLEAR_LINE = "\r\u001b[K";

  private final Display display;
  private String what = "";
  private long bytes;
  private long received;
  private long startNanos;
  private long lastNanos;
  private long lastTenth;
  private boolean drawn;

  /** Shows downloads where the display is. Nothing is written yet. */
  public DownloadLine(Display display) {
    this.display = display;
  }

  @Override
  public synchronized void begin(String what, int files, long bytes) {
    this.what = what;
    this.bytes = bytes;
    received = 0;
    lastTenth = 0;
    startNanos = display.nanoTime().getAsLong();
    lastNanos = startNanos;
    println(
        String.format(
            Locale.ROOT,
            "%s: %d file%s, %s",
            what,
            files,
            files == 1 ? "" : "s",
            megabytes(bytes)));
  }

  @Override
  public synchronized void received(long more) {
    received += more;
    long now = display.nanoTime().getAsLong();
    long tenth = received * TENTHS / Math.max(1, bytes);
    if (display.terminal() ? now - lastNanos < REDRAW_NANOS : tenth <= lastTenth) {
      return;
    }
    lastNanos = now;
    lastTenth = tenth;
    if (display.terminal()) {
      String line = PlainText.of(line(now));
      display
          .drawing()
          .print(CLEAR_LINE + line.substring(0, Math.min(line.length(), display.columns() - 1)));
      display.drawing().flush();
      drawn = true;
    } else {
      println(line(now));
    }
  }

  @Override
  public synchronized void note(String line) {
    println(line);
  }

  @Override
  public synchronized void end() {
    if (drawn) {
      display.stream().println();
      drawn = false;
    }
  }

  private void println(String line) {
    if (drawn) {
      display.drawing().print(CLEAR_LINE);
      drawn = false;
    }
    display.stream().println(line);
    display.stream().flush();
  }

  private String line(long now) {
    double perSecond = received / Math.max(1e-9, (now - startNanos) / 1e9);
    long left = Math.round((bytes - received) / Math.max(1, perSecond));
    int filled = (int) (Math.min(received, bytes) * BAR / Math.max(1, bytes));
    return String.format(
        Locale.ROOT,
        "%s [%s%s]  %s of %s  %s/s  %d:%02d left",
        what,
        "#".repeat(filled),
        "-".repeat(BAR - filled),
        megabytes(received),
        megabytes(bytes),
        megabytes((long) perSecond),
        left / 60,
        left % 60);
  }

  /** Megabytes of a million bytes, as the hub counts. */
  private static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
  }
}
