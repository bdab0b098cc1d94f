package org.rlhf4j.cli.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.rlhf4j.cli.Rlhf;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;

class ErrorLineTest {

  @Test
  void usersFailuresAreShownAsTheyAre() {
    assertThat(ErrorLine.of(new UserException("a.csv:3:1: no prompt")))
        .isEqualTo("rlhf: a.csv:3:1: no prompt");
    assertThat(ErrorLine.of(new UserException("first \n second"))).isEqualTo("rlhf: first second");
  }

  /** A window's title by ESC and BEL, a colour by C1, an override of direction. */
  @Test
  void controlCharactersAreWrittenOut() {
    String named = new String(new int[] {0x1b, ']', 7, 0x9b, 0x202e, 0x7f}, 0, 6);
    String shown = "rlhf: \\u001b]\\u0007\\u009b\\u202e\\u007f: ".replace("\\\\", "\\");
    assertThat(ErrorLine.of(new UserException(named + ": no\r prompt")))
        .isEqualTo(shown + "no prompt");
    assertThat(ErrorLine.of(new NoSuchFileException(named))).isEqualTo(shown + "no such file");
    assertThat(ErrorLine.of(new IllegalStateException(named)))
        .doesNotContain(named.substring(0, 1), named.substring(3, 4));
    StringWriter err = new StringWriter();
    String[] args = {"score", "--reward-model", "none", "--data", named, "--verbose"};
    Rlhf.run(args, new PrintWriter(new StringWriter()), new PrintWriter(err));
    for (int i : new int[] {0, 2, 3, 4, 5}) {
      assertThat(err.toString()).doesNotContain(named.substring(i, i + 1));
    }
    assertThat(ErrorLine.of(new UserException("模型 ü: שלום"))).isEqualTo("rlhf: 模型 ü: שלום");
  }

  @Test
  void filesAreNamed() {
    assertThat(ErrorLine.of(new NoSuchFileException("a"))).isEqualTo("rlhf: a: no such file");
    assertThat(ErrorLine.of(new FileAlreadyExistsException("a")))
        .isEqualTo("rlhf: a: exists already");
    assertThat(ErrorLine.of(new FileSystemException("a", null, "Is a directory")))
        .isEqualTo("rlhf: a: Is a directory");
    assertThat(ErrorLine.of(new UncheckedIOException(new AccessDeniedException("a"))))
        .isEqualTo("rlhf: a: permission denied");
    assertThat(ErrorLine.of(new IOException("broken")))
        .isEqualTo("rlhf: IOException: broken (not expected: --verbose shows where)");
  }

  @Test
  void aFullDiskIsToldAsOne() {
    assertThat(ErrorLine.of(new FileSystemException("a", null, "Disk quota exceeded")))
        .isEqualTo(
            "rlhf: a: the disk is full (Disk quota exceeded); free some space and run the command"
                + " again; a stage continues with --resume");
  }

  /** What Linux really says of its full device. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void aFullDeviceIsAFullDisk() throws IOException {
    try (OutputStream full = Files.newOutputStream(Path.of("/dev/full"))) {
      assertThatThrownBy(() -> full.write(1))
          .satisfies(
              failure ->
                  assertThat(ErrorLine.of(failure))
                      .isEqualTo(
                          "rlhf: the disk is full (No space left on device); free some space and"
                              + " run the command again; a stage continues with --resume"));
    }
  }

  @Test
  void otherRefusalsOfTheSystemAreExpectedToo() {
    assertThat(ErrorLine.of(new IOException("File too large")))
        .isEqualTo(
            "rlhf: a file may not get any larger here (File too large); raise ulimit -f, or choose"
                + " an --output on another file system");
    assertThat(ErrorLine.of(new UncheckedIOException(new IOException("Input/output error"))))
        .isEqualTo(
            "rlhf: the disk fails (Input/output error); check it, and choose an --output on another"
                + " one");
    assertThat(ErrorLine.of(new FileSystemException("a", null, "Stale file handle")))
        .isEqualTo(
            "rlhf: a: the disk fails (Stale file handle); check it, and choose an --output on"
                + " another one");
  }

  @Test
  void outOfMemorySaysWhatToLower() {
    assertThat(ErrorLine.of(new OutOfMemoryError("Java heap space")))
        .contains("(Java heap space)")
        .contains("--micro-batch-tokens");
    assertThat(
            ErrorLine.of(
                new IllegalStateException(
                    "[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory: "
                        + "you tried to allocate 4000000000000 bytes.")))
        .startsWith("rlhf: out of memory for tensors: lower --micro-batch-tokens");
  }

  @Test
  void tracebacksShowTheirLastLine() {
    String traceback =
        "The following operation failed in the TorchScript interpreter.\n"
            + "Traceback of TorchScript (most recent call last):\n"
            + "RuntimeError: sizes differ\n\n";

    assertThat(ErrorLine.of(new IllegalStateException(traceback)))
        .isEqualTo(
            "rlhf: IllegalStateException: RuntimeError: sizes differ"
                + " (not expected: --verbose shows where)");
  }

  @Test
  void onlyWrongUsageIsTwo() {
    assertThat(ErrorLine.exitCode(new UsageException("x"))).isEqualTo(2);
    assertThat(ErrorLine.exitCode(new UserException("x"))).isEqualTo(1);
    assertThat(ErrorLine.exitCode(new IllegalStateException("x"))).isEqualTo(1);
  }
}
