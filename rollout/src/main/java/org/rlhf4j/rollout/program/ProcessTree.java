package org.rlhf4j.rollout.program;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * A command with everything that it starts. All of them carry a mark in their environment, so that
 * they are found when the one that started them is gone, when they made a session of their own, and
 * when this process is killed: a shell beside the command looks for that each second.
 *
 * <p>Where there is no {@code /proc}, such as on macOS, only what still descends from the command
 * is found.
 */
final class ProcessTree {

  private static final String MARK = "RLHF_REWARD_COMMAND";

  private static final Path PROCESSES = Path.of("/proc");

  /** A process may start another while they are counted; more often than that is an attack. */
  private static final int PASSES = 20;

  /** What the shell beside the command has instead of the mark, since it mustn't kill itself. */
  private static final String BESIDE = "beside-";

  /** Becomes the command. The shell that it leaves beside it outlives this process by a second. */
  private static final String SCRIPT =
      """
      %s="$4" sh -c '
        while kill -0 "$1"; do sleep 1; done
        kill -9 "$2"
        for file in $(grep -lsF "$3" /proc/[0-9]*/environ); do
          process=${file#/proc/}
          kill -9 "${process%%/environ}"
        done
      ' rlhf-reward-end "$2" "$$" "$3" < /dev/null > /dev/null 2>&1 &
      exec sh -c "$1"
      """
          .formatted(MARK);

  private final Process command;
  private final Set<String> marks;

  private ProcessTree(Process command, Set<String> marks) {
    this.command = command;
    this.marks = marks;
  }

  /**
   * Starts a command.
   *
   * @param command as a shell reads it
   * @throws IOException if there is no shell
   */
  static ProcessTree start(String command) throws IOException {
    String id = UUID.randomUUID().toString();
    String mark = MARK + "=" + id;
    String self = Long.toString(ProcessHandle.current().pid());
    ProcessBuilder builder =
        new ProcessBuilder("sh", "-c", SCRIPT, "rlhf-reward", command, self, mark, BESIDE + id);
    builder.environment().put(MARK, id);
    return new ProcessTree(builder.start(), Set.of(mark, MARK + "=" + BESIDE + id));
  }

  Process command() {
    return command;
  }

  /** Kills the command and everything that it has started. */
  void kill() {
    command.descendants().forEach(ProcessHandle::destroyForcibly);
    command.destroyForcibly();
    List<ProcessHandle> marked = marked();
    for (int pass = 0; pass < PASSES && !marked.isEmpty(); pass++) {
      marked.forEach(ProcessHandle::destroyForcibly);
      marked = marked();
    }
  }

  private List<ProcessHandle> marked() {
    if (!Files.isDirectory(PROCESSES)) {
      return List.of();
    }
    try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
      return all.filter(this::isMarked).toList();
    }
  }

  /** Another user's process can't be read, and isn't one that the command could have started. */
  private boolean isMarked(ProcessHandle process) {
    Path environment = PROCESSES.resolve(process.pid() + "/environ");
    try {
      String variables = Files.readString(environment, StandardCharsets.ISO_8859_1);
      return Stream.of(variables.split("\0")).anyMatch(marks::contains);
    } catch (IOException e) {
      return false;
    }
  }
}
