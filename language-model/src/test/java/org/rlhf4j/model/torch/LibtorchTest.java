package org.rlhf4j.model.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.settings.UserException;

/** Where another libtorch is looked for, and what is said of one that isn't the right one. */
class LibtorchTest {
  @TempDir private Path folder;

  private Path wheel(String version, String cuda) throws IOException {
    Path torch = folder.resolve("lib/python3.12/site-packages/torch");
    Files.createDirectories(torch.resolve("lib"));
    Files.writeString(torch.resolve("lib").resolve(System.mapLibraryName("torch")), "");
    Files.writeString(
        torch.resolve("version.py"),
        "from typing import Optional\n__version__ = '%s'\ncuda: Optional[str] = %s\n"
            .formatted(version, cuda));
    return torch;
  }

  private static Optional<Libtorch> named(Path given) {
    return Libtorch.named(Map.of(Libtorch.VARIABLE, given.toString()));
  }

  @Test
  void aVirtualEnvironmentItsPackageAndTheFolderItselfNameTheSame() throws IOException {
    Path torch = wheel("2.7.1+cu126", "'12.6'");
    for (Path given : new Path[] {folder, torch.getParent(), torch, torch.resolve("lib")}) {
      assertThat(named(given))
          .contains(new Libtorch(torch.resolve("lib"), "2.7.1", Optional.of("12.6")));
    }
    assertThat(Libtorch.named(Map.of("PYTORCH_LIBRARY_PATH", torch.resolve("lib").toString())))
        .isEqualTo(named(folder));
    assertThat(Libtorch.named(Map.of())).isEmpty();
  }

  @Test
  void aWheelForTheCpuHasNoCuda() throws IOException {
    wheel("2.7.1+cpu", "None");
    assertThat(named(folder).orElseThrow().cuda()).isEmpty();
  }

  @Test
  void anArchiveSaysItInAFile() throws IOException {
    Files.createDirectories(folder.resolve("lib"));
    Files.writeString(folder.resolve("lib").resolve(System.mapLibraryName("torch")), "");
    Files.writeString(folder.resolve("build-version"), "2.7.1+cu128\n");
    assertThat(named(folder).orElseThrow().cuda()).contains("12.8");
  }

  @Test
  void anotherVersionAndAnEmptyPlaceAreRefused() throws IOException {
    assertThatThrownBy(() -> named(folder))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "RLHF_LIBTORCH: there is no libtorch in %s; name a virtual environment with torch"
                    .formatted(folder)
                + " 2.7.1, or its folder torch/lib");
    wheel("2.8.0+cu128", "'12.8'");
    assertThatThrownBy(() -> named(folder))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "RLHF_LIBTORCH: %s has libtorch 2.8.0, but 2.7.1 is needed: pip install torch==2.7.1"
                .formatted(folder));
  }

  /** DJL refuses, or misbehaves with, any other than the one that it comes with. */
  @Test
  void theVersionIsThatOfTheBuild() {
    assertThat(Torch.version()).isEqualTo(Libtorch.VERSION);
  }
}
