package org.rlhf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.Test;
import org.rlhf4j.model.UsageException;
import org.rlhf4j.model.UserException;

class ErrorLineTest {

  @Test
  void usersFailuresAreShownAsTheyAre() {
    assertThat(ErrorLine.of(new UserException("a.csv:3:1: no prompt")))
        .isEqualTo("rlhf: a.csv:3:1: no prompt");
    assertThat(ErrorLine.of(new UserException("first \n second"))).isEqualTo("rlhf: first second");
  }

  @Test
  void filesAreNamed() {
    assertThat(ErrorLine.of(new NoSuchFileException("a"))).isEqualTo("rlhf: a: no such file");
    assertThat(ErrorLine.of(new FileAlreadyExistsException("a")))
        .isEqualTo("rlhf: a: exists already");
    assertThat(ErrorLine.of(new FileSystemException("a", null, "Disk quota exceeded")))
        .isEqualTo("rlhf: a: Disk quota exceeded");
    assertThat(ErrorLine.of(new UncheckedIOException(new AccessDeniedException("a"))))
        .isEqualTo("rlhf: a: permission denied");
    assertThat(ErrorLine.of(new IOException("broken")))
        .isEqualTo("rlhf: IOException: broken (not expected: --verbose shows where)");
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
