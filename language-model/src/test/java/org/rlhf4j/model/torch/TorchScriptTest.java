package org.rlhf4j.model.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class TorchScriptTest {
  private static final String TWICE =
      """
        def twice(self: __torch__.Twice, x: Tensor) -> Tensor:
          return x * self.factor
      """;

  @Test
  void computesAndLeavesNothingInTheTemporaryFolder() throws IOException {
    Torch.ready();
    Set<Path> before = temporary();
    try (TorchScript script = TorchScript.compile("Twice", TWICE, Map.of("factor", 2.0));
        NDManager scope = Torch.manager()) {
      NDArray x = scope.create(new float[] {1, -3});
      assertThat(script.run("twice", new NDList(x)).get(0).toFloatArray()).containsExactly(2, -6);
      assertThat(temporary()).isSubsetOf(before);
    }
  }

  @Test
  void aSourceThatDoesntCompileIsNamed() {
    assertThatThrownBy(() -> TorchScript.compile("Twice", TWICE, Map.of("another", 2.0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Twice doesn't compile")
        .hasMessageContaining("factor");
  }

  /** Folders of models; other processes of this machine may make other ones. */
  private static Set<Path> temporary() throws IOException {
    try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("pt-model"))
          .collect(Collectors.toSet());
    }
  }
}
