package org.rlhf4j.testing.stages;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** What a run left in its directory. */
public final class RunFiles {
  private static final ObjectMapper JSON = new ObjectMapper();

  private RunFiles() {}

  /** The lines of a file, each a JSON value. */
  public static List<JsonNode> lines(Path file) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      lines.add(JSON.readTree(line));
    }
    return lines;
  }

  /** The lines of a run's metrics without what a clock measured. */
  public static List<String> withoutClock(Path run) throws IOException {
    return Files.readAllLines(run.resolve("metrics.jsonl")).stream()
        .map(line -> line.replaceAll(",\"[a-z_]*_(seconds|per_second)\":[^,}]*", ""))
        .toList();
  }

  /** Makes a finished run one that was killed after the checkpoint of a step, before the next. */
  public static void killAfter(int step, Path run) throws IOException {
    Files.delete(run.resolve("finished"));
    List<Path> lost = new ArrayList<>(List.of(run.resolve("model"), run.resolve("critic")));
    try (Stream<Path> checkpoints = Files.list(run.resolve("checkpoints"))) {
      checkpoints
          .filter(path -> Integer.parseInt(path.getFileName().toString().substring(5)) > step)
          .forEach(lost::add);
    }
    for (Path path : lost) {
      if (Files.exists(path)) {
        delete(path);
      }
    }
  }

  private static void delete(Path tree) throws IOException {
    try (Stream<Path> paths = Files.walk(tree)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
