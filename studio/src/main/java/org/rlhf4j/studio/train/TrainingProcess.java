package org.rlhf4j.studio.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.rlhf4j.pipeline.PipelineRun;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.studio.runs.RunState;
import org.rlhf4j.training.display.PlainText;

/**
 * The process of a training, looked at from outside: it goes on when the studio ends, and another
 * studio finds it by its number and by the lock of its run folder.
 */
final class TrainingProcess {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int TAIL = 1 << 14;
  private static final int LINES = 14;
  private static final String FAULT = "rlhf: ";
  private static final List<String> STOPPED = List.of("stopped, resume", "interrupted, resume");

  private TrainingProcess() {}

  /**
   * Starts a training. Where the system can, it gets a session of its own, so that Ctrl-C in the
   * studio's terminal doesn't reach it.
   *
   * @param command how the command is started
   * @param training what to run
   * @return its process
   * @throws IOException if it can't be started
   */
  static ProcessMark start(RlhfCommand command, Training training) throws IOException {
    List<String> line = new ArrayList<>(ownSession());
    line.addAll(
        command.line(
            "run", training.pipeline().toString(), "--output", training.folder().toString()));
    Process process =
        new ProcessBuilder(line)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(training.log().toFile()))
            .start();
    process.getOutputStream().close();
    return ProcessMark.of(process.toHandle());
  }

  private static List<String> ownSession() {
    return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
        .map(folder -> Path.of(folder, "setsid"))
        .filter(Files::isExecutable)
        .findFirst()
        .map(setsid -> List.of(setsid.toString()))
        .orElse(List.of());
  }

  /** Whether a studio is still about to start its process. */
  static boolean isPlanned(Training training) {
    return training.process() == null
        && training.planner() != null
        && training.planner().alive().isPresent();
  }

  /** Whether a process works on a training. */
  static boolean isAlive(Training training) throws IOException {
    boolean alive = training.process() != null && training.process().alive().isPresent();
    return alive || isLocked(training.folder().resolve("pipeline")) || isLocked(training.run());
  }

  private static boolean isLocked(Path folder) throws IOException {
    return Files.isDirectory(folder) && RunState.of(folder) == RunState.RUNNING;
  }

  /**
   * Asks a training to stop in its step or after it. Nothing is asked before the process has its
   * locks: it would take the request for an old one.
   */
  static void stop(Training training) throws IOException {
    if (isLocked(training.folder().resolve("pipeline")) || isLocked(training.run())) {
      try {
        PipelineRun.requestStop(training.folder());
      } catch (UserException e) {
        // it has ended meanwhile
      }
    }
  }

  /** How a training has ended whose process is gone. */
  record End(Training.State state, String said) {}

  /** What is left of a training whose process is gone. */
  static End end(Training training) throws IOException {
    if (Files.exists(training.run().resolve("finished"))) {
      return new End(Training.State.FINISHED, "");
    }
    List<String> lines = lines(training);
    String last = lines.isEmpty() ? "" : lines.get(lines.size() - 1);
    if (STOPPED.stream().anyMatch(last::startsWith)) {
      return new End(Training.State.STOPPED, "");
    }
    return new End(
        Training.State.FAILED,
        last.startsWith(FAULT)
            ? last.substring(FAULT.length())
            : "its process ended without saying why; it may have been killed"
                + (last.isEmpty() ? "" : ". Its last line: " + last));
  }

  /** The last lines of what a training said. */
  static List<String> lines(Training training) throws IOException {
    List<String> lines =
        tail(training.log()).lines().filter(line -> !line.isBlank()).map(PlainText::of).toList();
    return lines.subList(Math.max(0, lines.size() - LINES), lines.size());
  }

  /** The last step of a training with its metrics, if it has made one. */
  static Optional<JsonNode> lastStep(Training training) throws IOException {
    String text = tail(training.run().resolve("metrics.jsonl"));
    int end = text.lastIndexOf('\n'); // a line counts once it has its end
    if (end < 0) {
      return Optional.empty();
    }
    int begin = text.lastIndexOf('\n', end - 1);
    return Optional.of(JSON.readTree(text.substring(begin + 1, end)));
  }

  /** The end of a file; empty where there is none. */
  private static String tail(Path path) throws IOException {
    if (!Files.exists(path)) {
      return "";
    }
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
      long from = Math.max(0, file.length() - TAIL);
      byte[] bytes = new byte[(int) (file.length() - from)];
      file.seek(from);
      file.readFully(bytes);
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }

  /** How its model does on the pairs that it was judged on, if there were any. */
  static Optional<JsonNode> judged(Training training) throws IOException {
    Path file = training.run().resolve("evaluation.json");
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    JsonNode evaluation = JSON.readTree(file.toFile());
    ObjectNode judged = JSON.createObjectNode();
    for (String name : List.of("pairs", "accuracy", "accuracy_low", "accuracy_high")) {
      judged.set(name, evaluation.path(name));
    }
    return Optional.of(judged);
  }
}
