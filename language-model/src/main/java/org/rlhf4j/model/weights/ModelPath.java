package org.rlhf4j.model.weights;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.rlhf4j.settings.UsageException;

/** Where a model's files lie, and the names by which a folder of them is known. */
public final class ModelPath {
  /** The file that says what a model is. */
  public static final String CONFIG = "config.json";

  /** The file that says what an adapter is. */
  public static final String ADAPTER_CONFIG = "adapter_config.json";

  private static final byte[] GGUF = {'G', 'G', 'U', 'F'};

  private ModelPath() {}

  /**
   * The folder with a model's files, or the GGUF file that stands for one.
   *
   * @param given a model folder, a run directory, which counts as its {@code model/}, or a GGUF
   *     file
   * @return the folder or file itself, or the run's {@code model/}
   * @throws UsageException if there is no such folder or file
   */
  public static Path resolve(Path given) {
    if (isGguf(given)) {
      return given;
    }
    if (!Files.isDirectory(given)) {
      throw new UsageException(
          given
              + (Files.exists(given) ? ": is a file, but not a GGUF file" : ": no such folder")
              + "; name a model folder, a run directory or a hub id");
    }
    boolean run = !Files.exists(given.resolve(CONFIG)) && !isAdapter(given);
    return run && Files.isDirectory(given.resolve("model")) ? given.resolve("model") : given;
  }

  /** Whether a folder holds an adapter. */
  public static boolean isAdapter(Path folder) {
    return Files.isRegularFile(folder.resolve(ADAPTER_CONFIG));
  }

  /** Whether it is a file that begins as GGUF files do, or has their name. */
  public static boolean isGguf(Path file) {
    if (!Files.isRegularFile(file)) {
      return false;
    }
    if (file.toString().endsWith(".gguf")) {
      return true;
    }
    try (InputStream in = Files.newInputStream(file)) {
      return Arrays.equals(in.readNBytes(GGUF.length), GGUF);
    } catch (IOException e) {
      return false;
    }
  }
}
