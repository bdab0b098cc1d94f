package org.rlhf4j.studio.runs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class WatchedRunsTest {

  @TempDir Path root;

  private Path run(String name) throws IOException {
    Path folder = Files.createDirectories(root.resolve(name));
    Files.writeString(folder.resolve("metrics.jsonl"), "{\"step\":1}\n");
    return folder;
  }

  @Test
  void runsAreFoundAtAnyDepthAndAreTheSameAgain() throws IOException {
    run("b");
    run("a/sft");
    Files.createDirectories(root.resolve("a/empty"));
    WatchedRuns runs = new WatchedRuns(root);
    assertThat(runs.find().keySet()).containsExactly("a/sft", "b");
    assertThat(runs.find().get("b")).isSameAs(runs.named("b").orElseThrow());
    run("later");
    assertThat(runs.named("later")).isPresent();
  }

  @Test
  void theFolderMayBeARunOrMissing() throws IOException {
    assertThat(new WatchedRuns(root.resolve("none")).find()).isEmpty();
    run(".");
    assertThat(new WatchedRuns(root).find().keySet()).containsExactly(".");
  }

  /** A name leads to a run that was found, and never to the file system. */
  @Test
  void nothingOutsideIsFound() throws IOException {
    run("inside");
    WatchedRuns runs = new WatchedRuns(Files.createDirectory(root.resolve("watched")));
    assertThat(runs.named("../inside")).isEmpty();
    assertThat(runs.named(root.resolve("inside").toString())).isEmpty();
    assertThat(runs.named("")).isEmpty();
  }

  @Test
  void aRunIsFinishedOrStopped() throws IOException {
    Path folder = run("run");
    assertThat(RunState.of(folder)).isEqualTo(RunState.STOPPED);
    Files.writeString(folder.resolve("finished"), "1\n");
    assertThat(RunState.of(folder)).isEqualTo(RunState.FINISHED);
  }

  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "other systems don't list their locks")
  void aRunWhoseLockIsHeldRuns() throws IOException {
    Path folder = run("run");
    try (FileChannel channel =
            FileChannel.open(
                folder.resolve("run.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.lock()) {
      assertThat(lock.isValid()).isTrue();
      assertThat(RunState.of(folder)).isEqualTo(RunState.RUNNING);
    }
    assertThat(RunState.of(folder)).isEqualTo(RunState.STOPPED);
  }

  @Test
  void locksAreToldByTheirInode() {
    List<String> locks =
        List.of(
            "1: POSIX  ADVISORY  WRITE 812 08:01:131 0 EOF",
            "2: FLOCK  ADVISORY  READ 9 08:01:77 0 EOF");
    assertThat(RunState.isHeld(locks, "131")).isTrue();
    assertThat(RunState.isHeld(locks, "31")).isFalse();
    assertThat(RunState.isHeld(locks, "77")).as("a reader's lock").isFalse();
  }
}
