package org.rlhf4j.model.torch;

import ai.djl.util.Utils;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.rlhf4j.settings.UserException;

/**
 * The folder into which DJL unpacks native libraries: {@code DJL_CACHE_DIR}, else {@code .djl.ai}
 * in the user's home or, where that can't be written, in the folder for temporary files.
 */
public final class NativeFolder {
  /** What DJL says where it would have to download a library: the folder isn't the reason. */
  private static final String NOT_HERE = "Offline mode is enabled.";

  private NativeFolder() {}

  /**
   * What is said of a library that doesn't load, if the folder is the reason.
   *
   * @param library its name, such as libtorch
   * @param failure what came of loading it
   * @return the refusal, which names the folder and the setting that moves it
   */
  public static Optional<UserException> refusal(String library, Throwable failure) {
    Path folder = Utils.getEngineCacheDir();
    return reason(failure)
        .or(() -> unmakeable(folder))
        .map(
            reason ->
                new UserException(
                    ("%s: %s can't be unpacked there (%s); set DJL_CACHE_DIR to a folder that can be"
                            + " written")
                        .formatted(folder, library, reason),
                    failure));
  }

  /**
   * What is said of something that failed, if the folder for temporary files is the reason.
   *
   * @param failure what came of it
   * @return the refusal, which names the folder and the setting that moves it
   */
  public static Optional<UserException> temporaryRefusal(Throwable failure) {
    Path folder = Path.of(System.getProperty("java.io.tmpdir"));
    return unwritable(folder)
        .map(
            reason ->
                new UserException(
                    ("%s: temporary files can't be written there (%s); make the folder, or name another"
                            + " one: RLHF_JAVA_OPTS=-Djava.io.tmpdir=FOLDER")
                        .formatted(folder, reason),
                    failure));
  }

  private static Optional<String> reason(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof IOException io && !NOT_HERE.equals(io.getMessage())) {
        return Optional.of(reason(io));
      }
    }
    return Optional.empty();
  }

  private static Optional<String> unmakeable(Path folder) {
    try {
      Files.createDirectories(folder);
      return unwritable(folder);
    } catch (IOException e) {
      return Optional.of(reason(e));
    }
  }

  private static Optional<String> unwritable(Path folder) {
    try {
      Files.delete(Files.createTempFile(folder, "rlhf", ".tmp"));
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(reason(e));
    }
  }

  private static String reason(IOException failure) {
    if (failure instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (failure instanceof NoSuchFileException) {
      return "no such folder";
    }
    String said = failure instanceof FileSystemException of ? of.getReason() : failure.getMessage();
    return said == null ? failure.getClass().getSimpleName() : said;
  }
}
