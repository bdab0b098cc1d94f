package org.rlhf4j.pipeline;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.rlhf4j.training.run.AtomicFiles;
import org.rlhf4j.training.run.ContentHash;

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
      lines.add(INPUT + input + ": " + ContentHash.of(input).orElse("absent"));
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
}
