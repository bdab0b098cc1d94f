package org.rlhf4j.training.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.StoppableRun;

class RunDirectoryTest {

  @TempDir private Path folder;

  @Test
  void makesTheFolderWithItsParents() throws IOException {
    Path output = folder.resolve("runs/first");
    try (RunDirectory run = RunDirectory.open(output, false)) {
      assertThat(run.metrics()).isEqualTo(output.resolve("metrics.jsonl"));
      assertThat(output).isDirectory();
    }
  }

  @Test
  void refusesAFolderThatIsNotEmpty() throws IOException {
    Files.writeString(folder.resolve("config.yaml"), "seed: 1\n");
    assertThatThrownBy(() -> RunDirectory.open(folder, false))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(folder + ": this folder isn't empty; add --resume");
    RunDirectory.open(folder, true).close();
  }

  @Test
  void resumesNoFolderThatHoldsNoRun() throws IOException {
    Files.writeString(folder.resolve("letter.txt"), "Dear");
    assertThatThrownBy(() -> RunDirectory.open(folder, true))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("has no run to resume");
    assertThat(AtomicFiles.list(folder)).hasSize(1);
  }

  @Test
  void refusesAFile() throws IOException {
    Path file = Files.writeString(folder.resolve("out"), "");
    assertThatThrownBy(() -> RunDirectory.open(file, false))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("give --output a folder");
  }

  @Test
  void isLockedWhileItIsOpen() throws IOException {
    try (RunDirectory run = RunDirectory.open(folder, false)) {
      assertThatThrownBy(() -> RunDirectory.open(folder, true))
          .isInstanceOf(UserException.class)
          .isNotInstanceOf(UsageException.class)
          .hasMessageContaining(run.folder() + ": another process is running here");
    }
    RunDirectory.open(folder, false).close();
  }

  @Test
  void isNotDeletedWhileItIsOpen() throws IOException {
    Path output = folder.resolve("run");
    try (RunDirectory run = RunDirectory.open(output, false)) {
      Files.writeString(run.metrics(), "");
      assertThatThrownBy(() -> RunDirectory.delete(output))
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith(output + ": another process is running here");
      assertThatThrownBy(() -> RunDirectory.requireFree(output)).isInstanceOf(UserException.class);
      assertThat(run.metrics()).exists();
    }
    RunDirectory.requireFree(output);
    RunDirectory.delete(output);
    assertThat(folder).isEmptyDirectory();
    RunDirectory.requireFree(output);
    RunDirectory.delete(output);
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void isLockedForOtherProcessesUntilTheirEnd() throws Exception {
    Path output = folder.resolve("run");
    Process process = StoppableRun.start(output);
    try {
      assertThatThrownBy(() -> RunDirectory.open(output, true))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("another process is running here");
    } finally {
      process.destroyForcibly().waitFor();
    }
    RunDirectory.open(output, true).close();
  }

  @Test
  void isAskedToStopWhileItRunsAlone() throws IOException {
    Path output = folder.resolve("run");
    assertThatThrownBy(() -> RunDirectory.requestStop(output))
        .isInstanceOf(UsageException.class)
        .hasMessage(output + ": there is no run here; name the folder of a run or of a pipeline");
    try (RunDirectory run = RunDirectory.open(output, false)) {
      Files.writeString(run.metrics(), "");
      RunDirectory.requestStop(output);
      assertThat(run.stopRequest()).exists();
    }
    assertThat(output.resolve("stop")).doesNotExist();
    assertThatThrownBy(() -> RunDirectory.requestStop(output))
        .isInstanceOf(UserException.class)
        .hasMessage(
            output + ": no process runs here; there is nothing to stop, and --resume continues it");
    Files.writeString(output.resolve("finished"), "3\n");
    assertThatThrownBy(() -> RunDirectory.requestStop(output))
        .isInstanceOf(UserException.class)
        .hasMessage(output + ": the run is finished; there is nothing to stop");
    assertThat(output.resolve("stop")).doesNotExist();
  }

  @Test
  void forgetsAnEarlierRequestToStop() throws IOException {
    Files.createDirectory(folder.resolve("checkpoints"));
    Files.writeString(folder.resolve("stop"), "");
    RunDirectory run = RunDirectory.open(folder, true);
    assertThat(run.stopRequest()).doesNotExist();
    run.close();
  }

  /** A second try of the same process must not give up the lock for others. */
  @Test
  void staysLockedForOtherProcessesAfterASecondTry() throws Exception {
    Path output = folder.resolve("run");
    try (RunDirectory run = RunDirectory.open(output, false)) {
      assertThatThrownBy(() -> RunDirectory.open(output, true)).isInstanceOf(UserException.class);
      Process other = StoppableRun.launch(output);
      assertThat(other.waitFor()).as("the other process was refused").isEqualTo(1);
    }
  }

  @Test
  void deletesWhatAStoppedRunLeftHalfWritten() throws IOException {
    Files.createDirectory(folder.resolve("checkpoints"));
    Files.createDirectory(folder.resolve("model.partial"));
    try (RunDirectory run = RunDirectory.open(folder, true)) {
      assertThat(run.folder().resolve("model.partial")).doesNotExist();
    }
  }

  @Test
  void leavesNothingBehindWhereNoStepWasBegun() throws IOException {
    Path output = folder.resolve("runs/first");
    try (RunDirectory run = RunDirectory.open(output, false)) {
      Files.writeString(run.config(), "seed: 1\n");
    }
    assertThat(AtomicFiles.list(folder)).isEmpty();
  }

  @Test
  void keepsAFolderThatWasThereBefore() throws IOException {
    Path output = Files.createDirectories(folder.resolve("runs/first"));
    try (RunDirectory run = RunDirectory.open(output, false)) {
      Files.writeString(run.config(), "seed: 1\n");
    }
    assertThat(output).isEmptyDirectory();
  }

  @Test
  void keepsWhatARunWroteAndTheFoldersAboveIt() throws IOException {
    Path output = folder.resolve("runs/first");
    try (RunDirectory run = RunDirectory.open(output, false)) {
      Files.writeString(run.config(), "seed: 1\n");
      Files.createDirectory(run.checkpoints());
    }
    assertThat(AtomicFiles.list(output))
        .containsExactly(
            output.resolve("checkpoints"),
            output.resolve("config.yaml"),
            output.resolve("run.lock"));
  }

  @Test
  void remembersThatItIsFinished() throws IOException {
    try (RunDirectory run = RunDirectory.open(folder, false)) {
      assertThat(run.finishedStep()).isEmpty();
      run.markFinished(60);
      assertThat(run.finishedStep()).hasValue(60);
    }
  }
}
