package org.rlhf4j.model.torch;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.EngineException;
import ai.djl.util.Utils;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Map;
import org.junit.jupiter.api.Test;

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

  @Test
  void aLibraryThatDoesntFitIsNoFaultOfTheFolder() {
    assertThat(NativeFolder.refusal("libtorch", new UnsatisfiedLinkError("wrong ELF class")))
        .isEmpty();
  }
}
