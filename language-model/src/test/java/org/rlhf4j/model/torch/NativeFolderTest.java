package org.rlhf4j.model.torch;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.EngineException;
import ai.djl.util.Utils;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeFolderTest {
  @Test
  void theFolderAndItsSettingAreNamed() {
    Map.of(
            new AccessDeniedException("/x/pytorch"), "permission denied",
            new NoSuchFileException("/x/pytorch"), "no such folder",
            new FileSystemException("/x", null, "Read-only file system"), "Read-only file system")
        .forEach(
            (cause, reason) ->
                assertThat(
                        NativeFolder.refusal("libtorch", new EngineException("no", cause))
                            .orElseThrow()
                            .getMessage())
                    .isEqualTo(
                        "%s: libtorch can't be unpacked there (%s); set DJL_CACHE_DIR to a folder that can be written"
                            .formatted(Utils.getEngineCacheDir(), reason)));
  }

  /** libtorch reads a script from a file that DJL writes among the temporary ones. */
  @Test
  void theFolderForTemporaryFilesIsNamedIfItIsTheReason(@TempDir Path folder) {
    String usual = System.getProperty("java.io.tmpdir");
    Path missing = folder.resolve("missing");
    try {
      System.setProperty("java.io.tmpdir", missing.toString());
      assertThat(NativeFolder.temporaryRefusal(new IOException("x")).orElseThrow())
          .hasMessage(
              missing
                  + ": temporary files can't be written there (no such folder); make the folder, or"
                  + " name another one: RLHF_JAVA_OPTS=-Djava.io.tmpdir=FOLDER");
      System.setProperty("java.io.tmpdir", folder.toString());
      assertThat(NativeFolder.temporaryRefusal(new IOException("x"))).isEmpty();
    } finally {
      System.setProperty("java.io.tmpdir", usual);
    }
    assertThat(missing).doesNotExist();
  }

  @Test
  void aLibraryThatDoesntFitIsNoFaultOfTheFolder() {
    assertThat(NativeFolder.refusal("libtorch", new UnsatisfiedLinkError("wrong ELF class")))
        .isEmpty();
  }
}
