package org.rlhf4j.cli.corrupted;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.Stream;
import org.rlhf4j.cli.Outcome;
import org.rlhf4j.testing.Corruption;

/**
 * A kind of file that somebody else may have made, and a command that reads it.
 *
 * @param name what it is called in the kept seeds
 * @param sound a folder that the command reads without an error
 * @param files those of its files that are damaged, by their path in it; a seed chooses one
 * @param damage what happens to the bytes
 * @param read runs the command on a copy of the folder
 */
record FileKind(
    String name, Path sound, List<String> files, Damage damage, Function<Path, Outcome> read) {

  /** Damages bytes, the same way for the same seed. */
  @FunctionalInterface
  interface Damage {
    byte[] of(byte[] sound, long seed);
  }

  FileKind(String name, Path sound, List<String> files, Function<Path, Outcome> read) {
    this(name, sound, files, Corruption::of, read);
  }

  /** A command whose arguments name the folder {@code DIR}. */
  static Function<Path, Outcome> command(String arguments) {
    return folder -> Outcome.rlhf(arguments.replace("DIR", folder.toString()).split(" "));
  }

  /**
   * Reads the files as they are.
   *
   * @param folder where the copy is made
   */
  Outcome soundOutcome(Path folder) throws IOException {
    copy(folder);
    return read.apply(folder);
  }

  /**
   * Reads damaged ones.
   *
   * @param folder where the copy is made
   */
  Outcome outcome(long seed, Path folder) throws IOException {
    copy(folder);
    Path file = folder.resolve(files.get(new SplittableRandom(seed).nextInt(files.size())));
    Files.write(file, damage.of(Files.readAllBytes(file), seed));
    return read.apply(folder);
  }

  private void copy(Path folder) throws IOException {
    try (Stream<Path> paths = Files.walk(sound)) {
      for (Path path : paths.toList()) {
        Path copy = folder.resolve(sound.relativize(path).toString());
        if (Files.isDirectory(path)) {
          Files.createDirectories(copy);
        } else {
          Files.copy(path, copy);
        }
      }
    }
  }
}
