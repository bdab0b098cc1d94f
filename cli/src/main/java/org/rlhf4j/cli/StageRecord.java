package org.rlhf4j.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.rlhf4j.training.AtomicFiles;

/**
 * What a pipeline's stage was run with: its settings and the contents of what it read, one line
 * each. A stage is up to date while these lines stay the same.
 *
 * @param lines settings, then inputs with their hashes
 */
record StageRecord(List<String> lines) {

  /** The record of a stage as it would run now. */
  static StageRecord of(PipelineStage stage) throws IOException {
    List<String> lines = new ArrayList<>();
    stage.settings().lines().filter(line -> !line.startsWith("output:")).forEach(lines::add);
    for (Path input : stage.inputs()) {
      lines.add("input " + input + ": " + hash(input));
    }
    return new StageRecord(lines);
  }

  static Optional<StageRecord> read(Path file) throws IOException {
    return Files.isRegularFile(file)
        ? Optional.of(new StageRecord(Files.readAllLines(file, StandardCharsets.UTF_8)))
        : Optional.empty();
  }

  void write(Path file) throws IOException {
    Files.createDirectories(file.getParent());
    AtomicFiles.writeString(file, String.join("\n", lines) + "\n");
  }

  /** The first thing in which this record differs from an earlier one, in words. */
  Optional<String> changeSince(StageRecord earlier) {
    List<String> gone = new ArrayList<>(earlier.lines());
    gone.removeAll(lines);
    List<String> come = new ArrayList<>(lines);
    come.removeAll(earlier.lines());
    if (gone.isEmpty() && come.isEmpty()) {
      return Optional.empty();
    }
    String was = gone.isEmpty() ? "nothing" : "'" + gone.get(0) + "'";
    String is = come.isEmpty() ? "nothing" : "'" + come.get(0) + "'";
    return Optional.of(was + " is now " + is);
  }

  /** SHA-256 of a file, or of all files directly in a folder with their names. */
  private static String hash(Path input) throws IOException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
    if (Files.isRegularFile(input)) {
      update(digest, input);
    } else if (Files.isDirectory(input)) {
      Path model = Files.isDirectory(input.resolve("model")) ? input.resolve("model") : input;
      try (Stream<Path> files = Files.list(model)) {
        for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
          digest.update(file.getFileName().toString().getBytes(StandardCharsets.UTF_8));
          update(digest, file);
        }
      }
    } else {
      return "absent";
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void update(MessageDigest digest, Path file) throws IOException {
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
  }
}
