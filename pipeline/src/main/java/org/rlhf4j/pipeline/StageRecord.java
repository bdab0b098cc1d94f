package org.rlhf4j.pipeline;

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
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.rlhf4j.training.run.AtomicFiles;

/**
 * What a pipeline's stage was run with: its settings and the contents of what it read. A stage is
 * up to date while these stay the same.
 *
 * @param lines settings as in {@code config.yaml}, then inputs with their hashes
 */
record StageRecord(List<String> lines) {

  private static final String INPUT = "input ";

  /** Keeps a copy. */
  StageRecord {
    lines = List.copyOf(lines);
  }

  /** The record of a stage as it would run now. */
  static StageRecord of(PipelineStage stage) throws IOException {
    List<String> lines = new ArrayList<>(stage.settings().lines().toList());
    for (Path input : stage.inputs()) {
      lines.add(INPUT + input + ": " + hash(input));
    }
    return new StageRecord(lines);
  }

  static Optional<StageRecord> read(Path file) throws IOException {
    return Files.isRegularFile(file)
        ? Optional.of(new StageRecord(Files.readAllLines(file, StandardCharsets.UTF_8)))
        : Optional.empty();
  }

  void write(Path file) throws IOException {
    AtomicFiles.writeString(file, String.join("\n", lines) + "\n");
  }

  /**
   * The first thing in which this record differs from an earlier one, in words.
   *
   * @param earlier may be of a version that knew fewer settings
   * @param defaults by setting; a setting that a record doesn't name has its default
   */
  Optional<String> changeSince(StageRecord earlier, Map<String, String> defaults) {
    Map<String, String> before = earlier.values();
    Map<String, String> now = values();
    Set<String> names = new LinkedHashSet<>(now.keySet());
    names.addAll(before.keySet());
    names.removeAll(PipelineStage.FIXED);
    for (String name : names) {
      String was = before.getOrDefault(name, defaults.getOrDefault(name, "not set"));
      String is = now.getOrDefault(name, defaults.getOrDefault(name, "not set"));
      boolean settled = name.equals("precision") && is.equals("auto"); // in what the run has
      if (!was.equals(is) && !settled) {
        return Optional.of(
            name.startsWith(INPUT)
                ? "the content of " + name.substring(INPUT.length())
                : name + " was " + was + ", is now " + is);
      }
    }
    return Optional.empty();
  }

  /** Names to values; the items of a list joined. */
  private Map<String, String> values() {
    Map<String, String> values = new LinkedHashMap<>();
    String name = "";
    for (String line : lines) {
      if (line.startsWith("  - ")) {
        values.merge(name, line.substring(4), (some, item) -> (some + " " + item).strip());
      } else {
        int colon = line.startsWith(INPUT) ? line.lastIndexOf(": ") : line.indexOf(": ");
        name = colon < 0 ? line.substring(0, line.length() - 1) : line.substring(0, colon);
        values.put(name, colon < 0 ? "" : line.substring(colon + 2));
      }
    }
    return values;
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
