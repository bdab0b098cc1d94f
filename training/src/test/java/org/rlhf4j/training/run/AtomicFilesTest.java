package org.rlhf4j.training.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFilesTest {

  @TempDir private Path folder;

  @Test
  void replacesAFile() throws IOException {
    Path file = folder.resolve("state.json");
    AtomicFiles.writeString(file, "old");
    AtomicFiles.writeString(file, "new ä");
    assertThat(file).hasContent("new ä");
    assertThat(AtomicFiles.list(folder)).containsExactly(file);
  }

  @Test
  void keepsTheOldFileWhereWritingFails() throws IOException {
    Path file = folder.resolve("state.json");
    AtomicFiles.writeString(file, "old");
    assertThatThrownBy(
            () ->
                AtomicFiles.writeFile(
                    file,
                    partial -> {
                      Files.writeString(partial, "half");
                      throw new IOException("disk full");
                    }))
        .isInstanceOf(IOException.class);
    assertThat(file).hasContent("old");
    AtomicFiles.deletePartial(folder);
    assertThat(AtomicFiles.list(folder)).containsExactly(file);
  }

  @Test
  void replacesAFolderWithAllThatIsInIt() throws IOException {
    Path model = folder.resolve("model");
    AtomicFiles.writeFolder(model, partial -> Files.writeString(partial.resolve("old"), "1"));
    AtomicFiles.writeFolder(
        model,
        partial -> {
          Files.createDirectory(partial.resolve("inner"));
          Files.writeString(partial.resolve("inner/new"), "2");
        });
    assertThat(AtomicFiles.list(model)).containsExactly(model.resolve("inner"));
    assertThat(AtomicFiles.list(folder)).containsExactly(model);
  }

  @Test
  void keepsTheOldFolderWhereWritingFails() throws IOException {
    Path model = folder.resolve("model");
    AtomicFiles.writeFolder(model, partial -> Files.writeString(partial.resolve("old"), "1"));
    assertThatThrownBy(
            () ->
                AtomicFiles.writeFolder(
                    model,
                    partial -> {
                      Files.writeString(partial.resolve("new"), "half");
                      throw new IllegalStateException("stopped");
                    }))
        .isInstanceOf(IllegalStateException.class);
    assertThat(AtomicFiles.list(model)).containsExactly(model.resolve("old"));
  }
}
