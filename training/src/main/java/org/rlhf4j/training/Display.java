package org.rlhf4j.training;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongSupplier;

/**
 * Where progress is shown.
 *
 * @param stream takes the text
 * @param terminal whether a carriage return redraws a line there
 * @param columns the width of a line
 * @param nanoTime the clock, in nanoseconds
 */
public record Display(PrintStream stream, boolean terminal, int columns, LongSupplier nanoTime) {

  private static final int USUAL_COLUMNS = 80;
  private static final int STDERR = 2;

  /**
   * The standard error stream of this process.
   *
   * @return the display, a terminal where the stream is one
   */
  public static Display stderr() {
    return new Display(System.err, isTerminal(STDERR), columnsOfTerminal(), System::nanoTime);
  }

  /**
   * Tells whether a stream of this process is a terminal that can do more than lines.
   *
   * @param descriptor its number: 0 for the input, 2 for errors
   * @return whether it is
   */
  public static boolean isTerminal(int descriptor) {
    if ("dumb".equals(System.getenv("TERM"))) {
      return false;
    }
    Path stream = Path.of("/proc/self/fd/" + descriptor);
    try {
      if (Files.isSymbolicLink(stream)) {
        String target = Files.readSymbolicLink(stream).toString();
        return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
      }
    } catch (IOException e) {
      return false;
    }
    return System.console() != null;
  }

  private static int columnsOfTerminal() {
    String columns = System.getenv("COLUMNS");
    return columns != null && columns.matches("[1-9]\\d{1,3}")
        ? Integer.parseInt(columns)
        : USUAL_COLUMNS;
  }
}
