package org.rlhf4j.cli.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.training.run.AtomicFiles;

/** The folder that a command writes a model to. */
final class ModelOutput {
  private ModelOutput() {}

  /** Refuses a folder with something in it, before work is done for it. */
  static void requireEmpty(Path output) throws IOException {
    if (Files.exists(output) && !Files.isDirectory(output)) {
      throw new UsageException(output + ": is a file; give --output a folder");
    }
    if (Files.isDirectory(output)) {
      try (Stream<Path> content = Files.list(output)) {
        if (content.findAny().isPresent()) {
          throw new UsageException(output + ": this folder isn't empty; choose another --output");
        }
      }
    }
  }

  /** Writes the folder, whole or not at all. */
  static void write(Path output, AtomicFiles.Filler filler) throws IOException {
    Files.createDirectories(output.getParent());
    AtomicFiles.writeFolder(output, filler);
  }
}
