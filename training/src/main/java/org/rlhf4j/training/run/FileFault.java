package org.rlhf4j.training.run;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.List;

/** Why the system refuses a file, in words. */
public final class FileFault {

  private static final List<String> FULL =
      List.of("No space left on device", "Disk quota exceeded");

  private static final List<String> BROKEN = List.of("Input/output error", "Stale file handle");

  private FileFault() {}

  /**
   * Why a file can't be read or written.
   *
   * @param failure what the system said
   * @return such as {@code permission denied}
   */
  public static String reason(IOException failure) {
    if (failure instanceof NoSuchFileException) {
      return "no such file";
    }
    if (failure instanceof FileAlreadyExistsException) {
      return "exists already";
    }
    if (failure instanceof AccessDeniedException) {
      return "permission denied";
    }
    String said = failure instanceof FileSystemException of ? of.getReason() : failure.getMessage();
    return said == null ? failure.getClass().getSimpleName() : said;
  }

  /**
   * Whether there is no room for what is written.
   *
   * @param failure what the system said
   */
  public static boolean isFull(IOException failure) {
    return FULL.contains(reason(failure));
  }

  /**
   * Whether a file would get larger than the user or the file system may have.
   *
   * @param failure what the system said
   */
  public static boolean isTooLarge(IOException failure) {
    return reason(failure).equals("File too large");
  }

  /**
   * Whether the device doesn't do what it should.
   *
   * @param failure what the system said
   */
  public static boolean isBroken(IOException failure) {
    return BROKEN.contains(reason(failure));
  }
}
