package org.rlhf4j.cli.command;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.util.List;
import java.util.Locale;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.display.PlainText;
import org.rlhf4j.training.run.FileFault;

/** The one line that a failed command ends with. */
public final class ErrorLine {

  private static final List<String> OUT_OF_NATIVE_MEMORY =
      List.of("can't allocate memory", "not enough memory", "out of memory");

  private ErrorLine() {}

  /** What went wrong and what to do, in one line without control characters. */
  public static String of(Throwable failure) {
    return "rlhf: " + PlainText.of(oneLine(describe(failure)));
  }

  /** 2 where the command was used wrongly, else 1. */
  public static int exitCode(Throwable failure) {
    return failure instanceof UsageException ? 2 : 1;
  }

  private static String describe(Throwable failure) {
    if (failure instanceof UserException) {
      return failure.getMessage();
    }
    if (failure instanceof OutOfMemoryError) {
      return "out of memory in Java ("
          + failure.getMessage()
          + "): lower --micro-batch-tokens, or raise the heap with RLHF_JAVA_OPTS=-Xmx8g,"
          + " on Spark with --spark-conf spark.driver.memory=8g";
    }
    if (failure instanceof UncheckedIOException) {
      return describe(failure.getCause());
    }
    if (failure instanceof IOException io && FileFault.isFull(io)) {
      return place(io)
          + "the disk is full ("
          + FileFault.reason(io)
          + "); free some space and run the command again; a stage continues with --resume";
    }
    if (failure instanceof IOException io && FileFault.isTooLarge(io)) {
      return place(io)
          + "a file may not get any larger here ("
          + FileFault.reason(io)
          + "); raise ulimit -f, or choose an --output on another file system";
    }
    if (failure instanceof IOException io && FileFault.isBroken(io)) {
      return place(io)
          + "the disk fails ("
          + FileFault.reason(io)
          + "); check it, and choose an --output on another one";
    }
    if (failure instanceof FileSystemException file) {
      return place(file) + FileFault.reason(file);
    }
    String message = String.valueOf(failure.getMessage());
    if (OUT_OF_NATIVE_MEMORY.stream().anyMatch(message.toLowerCase(Locale.ROOT)::contains)) {
      return "out of memory for tensors: lower --micro-batch-tokens or --max-length ("
          + lastLine(message)
          + ")";
    }
    return failure.getClass().getSimpleName()
        + ": "
        + lastLine(message)
        + " (not expected: --verbose shows where)";
  }

  private static String place(IOException failure) {
    return failure instanceof FileSystemException file ? file.getFile() + ": " : "";
  }

  /** A program's traceback ends with what went wrong. */
  private static String lastLine(String message) {
    List<String> lines = message.lines().map(String::strip).filter(l -> !l.isEmpty()).toList();
    return lines.isEmpty() ? message : lines.get(lines.size() - 1);
  }

  private static String oneLine(String text) {
    return text.strip().replaceAll("\\s*\\R\\s*", " ");
  }
}
