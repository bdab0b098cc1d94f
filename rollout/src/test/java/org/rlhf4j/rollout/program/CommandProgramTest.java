package org.rlhf4j.rollout.program;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.settings.UserException;

/** Commands of a line of shell each. A timeout is short only where one is waited for. */
class CommandProgramTest {
  private static final Duration LONG = Duration.ofMinutes(1);
  private static final Duration SHORT = Duration.ofMillis(200);

  /** Answers each line with how many it has read. */
  private static final String COUNTING =
      "n=0; while read -r line; do n=$((n+1)); echo \"{\\\"score\\\": $n}\"; done";

  @TempDir private Path folder;
  private final ByteArrayOutputStream shown = new ByteArrayOutputStream();

  private CommandProgram program(String command, Duration timeout) {
    return new CommandProgram(command, timeout, new PrintStream(shown, true, UTF_8));
  }

  private static List<CompletedPrompt> completions(int count) {
    return Collections.nCopies(count, Completed.of("x", null));
  }

  private void fails(String command, Duration timeout, int completions, String message) {
    try (CommandProgram program = program(command, timeout)) {
      assertThatThrownBy(() -> program.scoreAll(completions(completions)))
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith("--reward command: '" + command + "' ")
          .hasMessageContaining(message)
          .message()
          .doesNotContain("\n");
    }
  }

  @Test
  void oneProcessAnswersAllBatches() {
    try (CommandProgram program = program(COUNTING, LONG)) {
      assertThat(program.scoreAll(completions(2))).containsExactly(1, 2);
      assertThat(program.scoreAll(completions(3))).containsExactly(3, 4, 5);
      assertThat(program.score(Completed.of("x", null))).isEqualTo(6);
    }
  }

  /** Completions have the one token 5. */
  @Test
  void tokensAndLinesHaveRewardsOfTheirOwn() {
    String command =
        "read -r line; echo \"$line\" >&2; echo '{\"token_rewards\": [0.5]}'; read -r line;"
            + " echo '{\"line_rewards\": [1, -3]}'; read -r line; echo '{\"score\": null}'; cat";
    try (CommandProgram program = program(command, LONG)) {
      List<Judgement> judged = program.judgeAll(completions(3));
      assertThat(judged.get(0).tokenRewards()).containsExactly(0.5);
      assertThat(judged.get(0).score()).isEqualTo(0.5);
      assertThat(judged.get(1).lineRewards()).containsExactly(1, -3);
      assertThat(judged.get(1).score()).isEqualTo(-2);
      assertThat(judged.get(2)).isEqualTo(Judgement.of(Double.NaN));
    }
    assertThat(shown.toString(UTF_8)).contains("\"completion_ids\":[5]");
    for (String unfit :
        List.of(
            "{\"token_rewards\": 1}",
            "{\"line_rewards\": [1, null]}",
            "{\"score\": 1, \"line_rewards\": [1]}")) {
      fails("read -r l; echo '" + unfit + "'; cat", LONG, 1, "instead of a line");
    }
  }

  /** Asked first for the third and the second of the batch: their counts are 1 and 2. */
  @Test
  void whatIsForeseenIsAskedFirst() {
    CompletedPrompt a = Completed.of("a", null);
    CompletedPrompt b = Completed.of("b", null);
    CompletedPrompt c = Completed.of("c", null);
    try (CommandProgram program = program(COUNTING, LONG)) {
      program.foresee(c);
      program.foresee(b);
      assertThat(program.scoreAll(List.of(a, b, c, b))).containsExactly(3, 2, 1, 4);
      assertThat(program.scoreAll(List.of(a, b))).containsExactly(5, 6);
    }
  }

  /** The command makes the file once it has read a line, before the batch is asked. */
  @Test
  void computesBeforeItIsAsked() throws IOException {
    Path begun = folder.resolve("begun");
    String command = "read -r line; touch " + begun + "; echo '{\"score\": 7}'; cat > /dev/null";
    try (CommandProgram program = program(command, LONG)) {
      program.foresee(Completed.of("x", null));
      while (!Files.exists(begun)) {
        Thread.onSpinWait();
      }
      assertThat(program.score(Completed.of("x", null))).isEqualTo(7);
    }
  }

  /** It ends after one of two foreseen lines; the new one is asked for the other and the third. */
  @Test
  void whatWasForeseenIsAskedAgainAfterAnEnd() {
    String command =
        "if [ -e again ]; then "
            + COUNTING
            + "; else touch again; read -r line; echo '{\"score\": 9}'; fi";
    try (CommandProgram program = program("cd " + folder + "; " + command, LONG)) {
      program.foresee(Completed.of("b", null));
      program.foresee(Completed.of("a", null));
      assertThat(
              program.scoreAll(
                  List.of(
                      Completed.of("a", null), Completed.of("b", null), Completed.of("c", null))))
          .containsExactly(1, 9, 2);
      assertThat(shown.toString(UTF_8)).contains("it is started again");
    }
  }

  /** 3,000 lines of 200 bytes fill both pipes many times over. */
  @Test
  void aLargeBatchFillsNoPipeForGood() {
    CompletedPrompt longOne = Completed.of("x".repeat(200), null);
    try (CommandProgram program = program(COUNTING, LONG)) {
      double[] scores = program.scoreAll(Collections.nCopies(3000, longOne));
      assertThat(scores[2999]).isEqualTo(3000);
    }
  }

  @Test
  void readsTheRowAndTheCompletion() throws IOException {
    Path seen = folder.resolve("seen");
    CompletedPrompt completed =
        new CompletedPrompt(
            "Why \"☃\"?\n",
            "So.",
            new int[] {5},
            false,
            null,
            Map.of("level", 3, "completion", "the row's own"));
    try (CommandProgram program =
        program("read -r line; printf '%s' \"$line\" > " + seen + "; echo '{\"score\":0}'", LONG)) {
      assertThat(program.score(completed)).isZero();
    }
    assertThat(Files.readString(seen))
        .isEqualTo(
            "{\"prompt\":\"Why \\\"☃\\\"?\\n\",\"completion\":\"So.\",\"completion_ids\":[5],\"ended\":false,\"answer\":null,\"level\":3}");
  }

  @Test
  void nullDoesntApplyAndOtherKeysDontMatter() {
    try (CommandProgram program =
        program(
            "read -r l; echo '{\"score\": null}'; echo '{\"score\": -2.5, \"why\": \"x\"}'; cat",
            LONG)) {
      assertThat(program.scoreAll(completions(2))).containsExactly(Double.NaN, -2.5);
    }
  }

  @Test
  void itsErrorsAreShown() {
    try (CommandProgram program = program("echo a warning >&2; exec 2>&-; " + COUNTING, LONG)) {
      assertThat(program.scoreAll(completions(1))).containsExactly(1);
    }
    fails("echo first >&2; echo last >&2; exit 3", LONG, 1, "; it said: first | last");
    assertThat(shown.toString(UTF_8)).contains("reward command: first\n", "reward command: last\n");
  }

  /** The first start answers one line of three, the second the two that are left. */
  @Test
  void isStartedAgainAndAskedForTheRest() {
    Path mark = folder.resolve("mark");
    String command =
        "if [ -e %s ]; then %s; fi; touch %s; read -r a; echo '{\"score\": 9}'; exit 4"
            .formatted(mark, COUNTING, mark);
    try (CommandProgram program = program(command, LONG)) {
      assertThat(program.scoreAll(completions(3))).containsExactly(9, 1, 2);
      assertThat(program.scoreAll(completions(1))).containsExactly(3);
    }
    assertThat(shown.toString(UTF_8))
        .contains("reward command: ended with exit code 4; it is started again");
  }

  /** One start a line: a batch of two is answered by two starts, one of three isn't. */
  @Test
  void isStartedAgainOnceABatch() {
    String command = "read -r a; echo '{\"score\": 1}'";
    try (CommandProgram program = program(command, LONG)) {
      assertThat(program.scoreAll(completions(2))).containsExactly(1, 1);
    }
    fails(command, LONG, 3, "ended with exit code 0, again after a new start");
  }

  @Test
  void whatNeverAnswersIsStopped() {
    fails(
        "cat > /dev/null",
        SHORT,
        1,
        "gave no answer for 0.2 seconds (--reward-timeout; the command must flush each line),"
            + " again");
    // What doesn't even read fills the pipe.
    fails("exec tail -f /dev/null", SHORT, 3000, "gave no answer for 0.2 seconds");
  }

  @Test
  void whatItStartedIsKilledWithIt() throws IOException {
    Path pid = folder.resolve("pid");
    String command =
        "tail -f /dev/null & echo $! > " + pid + "; read -r l; echo '{\"score\": 1}'; wait";
    try (CommandProgram program = program(command, LONG)) {
      assertThat(program.scoreAll(completions(1))).containsExactly(1);
    }
    hasEnded(pid);
  }

  /** What has lost its parent, also in a session of its own, is found by its environment. */
  @ParameterizedTest
  @EnabledOnOs(OS.LINUX)
  @ValueSource(strings = {"", "nohup", "setsid"})
  void whatOutlivesItsParentIsKilledToo(String by) throws IOException {
    Path pid = folder.resolve("pid");
    String orphan =
        "(%s sh -c 'echo $$ > %s; exec tail -f /dev/null' < /dev/null > /dev/null 2>&1 &)"
            .formatted(by, pid);
    String command =
        orphan + "; until [ -s " + pid + " ]; do :; done; read -r l; echo '{\"score\": 1}'";
    try (CommandProgram program = program(command, LONG)) {
      assertThat(program.scoreAll(completions(1))).containsExactly(1);
    }
    hasEnded(pid);
  }

  /** As a shim of Python does, the command leaves its work to a process that comes later. */
  @ParameterizedTest
  @EnabledOnOs(OS.LINUX)
  @ValueSource(strings = {"", "nohup", "setsid"})
  void nothingOutlivesThisProcess(String by) throws Exception {
    Path pid = folder.resolve("pid");
    String command =
        "%s sh -c 'echo $$ > %s; echo started; exec tail -f /dev/null > /dev/null'; true"
            .formatted(by, pid);
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                classPath(),
                CommandLeft.class.getName(),
                command)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    assertThat(process.inputReader(UTF_8).readLine()).isEqualTo("started");
    assertThat(process.waitFor()).isEqualTo(CommandLeft.CODE);
    hasEnded(pid);
  }

  /** The folders and jars of the classes that the other process needs. */
  private static String classPath() {
    return Stream.of(CommandLeft.class, ProcessTree.class)
        .map(type -> type.getProtectionDomain().getCodeSource().getLocation().getPath())
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static void hasEnded(Path pid) throws IOException {
    long process = Long.parseLong(Files.readString(pid).strip());
    ProcessHandle.of(process)
        .ifPresent(handle -> handle.onExit().orTimeout(30, TimeUnit.SECONDS).join());
    assertThat(ProcessHandle.of(process).map(ProcessHandle::isAlive).orElse(false)).isFalse();
  }

  @Test
  void linesAreBounded() {
    fails(
        "read -r l; head -c 3000000 /dev/zero | tr '\\0' x; echo; cat",
        LONG,
        1,
        "wrote a line of more than 1048576 characters, again after a new start");
    String errors = "yes | head -n 5000 >&2; head -c 9999 /dev/zero | tr '\\0' x >&2; ";
    fails(errors + "echo >&2; exec 2>&-; exit 3", LONG, 1, "…");
    assertThat(shown.toString(UTF_8).lines().filter("reward command: y"::equals)).hasSize(2000);
    assertThat(shown.toString(UTF_8))
        .contains("reward command: more than 1000 lines; no more are shown");
  }

  @Test
  void otherOutputIsNamed() {
    fails(
        "read -r l; echo hello; cat",
        LONG,
        1,
        "answered 'hello' instead of a line {\"score\": number");
    fails(
        "read -r l; echo '{\"score\": \"1\"}'; cat",
        LONG,
        1,
        "answered '{\"score\": \"1\"}' instead");
    fails("read -r l; echo '{\"score\": 1e999}'; cat", LONG, 1, "instead of a line");
    fails("read -r l; echo '{\"scores\": 1}'; cat", LONG, 1, "instead of a line");
    fails("read -r l; echo '{\"score\": 1} x'; cat", LONG, 1, "instead of a line");
    fails("read -r l; echo; cat", LONG, 1, "answered '' instead");
    fails("read -r l; yes", LONG, 1, "answered 'y' instead");
  }

  /** Two lines for each that is asked: they pile up, so one is seen before it is asked for. */
  @Test
  void moreLinesThanAskedForAreNamed() {
    String command = "while read -r l; do echo '{\"score\": 1}'; echo '{\"score\": 1}'; done";
    try (CommandProgram program = program(command, LONG)) {
      assertThatThrownBy(
              () -> {
                for (int batch = 0; batch < 1000; batch++) {
                  program.scoreAll(completions(1));
                }
              })
          .isInstanceOf(UserException.class)
          .hasMessageContaining("wrote '{\"score\": 1}' without being asked");
    }
  }

  @Test
  void aCommandThatIsntThereIsNamed() {
    fails("no-such-command-here", LONG, 1, "ended with exit code 127, again");
    assertThat(shown.toString(UTF_8)).contains("no-such-command-here");
  }

  @Test
  void aCommandThatIsNeverAskedNeverStarts() {
    program("touch " + folder.resolve("started"), LONG).close();
    assertThat(folder.resolve("started")).doesNotExist();
  }
}
