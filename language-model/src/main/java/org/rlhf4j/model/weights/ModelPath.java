package org.rlhf4j.model.weights;

import java.nio.file.Files;
import java.nio.file.Path;
import org.rlhf4j.settings.UsageException;

/** Where a model's files lie, and the names by which a folder of them is known. */
public final class ModelPath {
  /** The file that says what a model is. */
  public static final String CONFIG = "config.json";

  /** The file that says what an adapter is. */
  public static final String ADAPTER_CONFIG = "adapter_config.json";

  private ModelPath() {}

  /**
   * The folder with a model's files.
   *
   * @param given a model folder, or a run directory, which counts as its {@code model/}
   * @return the folder itself, or its {@code model/}
   * @throws UsageException if there is no such folder
   */
  public static Path resolve(Path given) {
    if (!Files.isDirectory(given)) {
      throw new UsageException(
          given
              + (Files.exists(given) ? ": is a file" : ": no such folder")
              + "; name a model folder, a run directory or a hub id");
    }
    boolean run = !Files.exists(given.resolve(CONFIG)) && !isAdapter(given);
    return run && Files.isDirectory(given.resolve("model")) ? given.resolve("model") : given;
  }

  /** Whether a folder holds an adapter. */
  public static boolean isAdapter(Path folder) {
    return Files.isRegularFile(folder.resolve(ADAPTER_CONFIG));
  }
}
