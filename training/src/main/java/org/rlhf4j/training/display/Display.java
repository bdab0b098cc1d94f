package org.rlhf4j.training.display;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Where progress is shown.
 *
 * @param stream takes the text
 * @param terminal whether a carriage return redraws a line there
 * @param columns the width of a line
 * @param nanoTime the clock, in nanoseconds
 * @param warnings takes what has to be seen even where nothing else is shown
 * @param listener hears of steps and warnings instead, where there is one
 */
public record Display(
    PrintStream stream,
    boolean terminal,
    int columns,
    LongSupplier nanoTime,
    PrintStream warnings,
    Optional<ProgressListener> listener) {

  private static final int USUAL_COLUMNS = 80;
  private static final int STDERR = 2;

  private static volatile Form form = Form.TEXT;

  /** Text is shown as {@link PlainText}. */
  public Display {
    stream = PlainStream.over(stream);
    warnings = PlainStream.over(warnings);
  }

  /** How much a process shows, and how. */
  public enum Form {
    /** Text for people. */
    TEXT,
    /** Warnings alone. */
    QUIET,
    /** A JSON object a line. */
    JSON;

    /**
     * A stream that shows in this form.
     *
     * @param to takes what is shown
     * @return a stream that takes text
     */
    public PrintStream over(PrintStream to) {
      return switch (this) {
        case TEXT -> to;
        case QUIET ->
            new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        case JSON -> new JsonStream(to::println);
      };
    }

    /**
     * A writer that shows in this form.
     *
     * @param to takes what is shown
     * @return a writer that takes text
     */
    public PrintWriter over(PrintWriter to) {
      return switch (this) {
        case TEXT -> to;
        case QUIET -> new PrintWriter(Writer.nullWriter());
        case JSON -> new PrintWriter(new JsonStream(to::println), true, StandardCharsets.UTF_8);
      };
    }
  }

  /**
   * A display whose warnings go where the rest goes.
   *
   * @param stream takes the text
   * @param terminal whether a carriage return redraws a line there
   * @param columns the width of a line
   * @param nanoTime the clock, in nanoseconds
   */
  public Display(PrintStream stream, boolean terminal, int columns, LongSupplier nanoTime) {
    this(stream, terminal, columns, nanoTime, stream);
  }

  /**
   * A display without a listener.
   *
   * @param stream takes the text
   * @param terminal whether a carriage return redraws a line there
   * @param columns the width of a line
   * @param nanoTime the clock, in nanoseconds
   * @param warnings takes what has to be seen even where nothing else is shown
   */
  public Display(
      PrintStream stream,
      boolean terminal,
      int columns,
      LongSupplier nanoTime,
      PrintStream warnings) {
    this(stream, terminal, columns, nanoTime, warnings, Optional.empty());
  }

  /**
   * A display that shows nothing and tells a listener all.
   *
   * @param listener hears of it
   * @return the display
   */
  public static Display telling(ProgressListener listener) {
    PrintStream notes =
        new PrintStream(new LineStream(listener::note), true, StandardCharsets.UTF_8);
    return new Display(notes, false, USUAL_COLUMNS, System::nanoTime, notes, Optional.of(listener));
  }

  /** Takes what is drawn on a terminal, control characters among it, as it is. */
  PrintStream drawing() {
    return PlainStream.below(stream);
  }

  /**
   * Chooses how much this process shows, and how.
   *
   * @param chosen of the displays that are asked for from now on
   */
  public static void choose(Form chosen) {
    form = chosen;
  }

  /**
   * The standard error stream of this process, in the form chosen.
   *
   * @return the display, a terminal where the stream is one and takes text
   */
  public static Display stderr() {
    boolean terminal = form == Form.TEXT && isTerminal(STDERR);
    PrintStream stream = form.over(System.err);
    PrintStream warnings = form == Form.QUIET ? System.err : stream;
    return new Display(stream, terminal, columnsOfTerminal(), System::nanoTime, warnings);
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
