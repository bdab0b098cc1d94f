package org.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.model.torch.Placement;

/** The script for a GPU puts networks together in Python as they are put together here. */
class GpuScriptTest {
  private static final Path NETWORKS = Path.of("../bench/gpu/networks.py");

  /** A script whose attribute is missing doesn't compile. */
  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "llama"})
  void itsNetworksHaveEveryAttribute(String family) throws IOException {
    String python = Files.readString(NETWORKS);
    Matcher made = Pattern.compile("(?ms)^def " + family + "\\(.*?(?=^def |\\z)").matcher(python);
    assertThat(made.find()).isTrue();
    String compiled =
        python.substring(python.indexOf("def compiled"), python.indexOf("def weights"));
    ModelConfig config =
        ModelConfig.read(Fixture.of(family.equals("gpt2") ? "gpt2" : "llama-untied-bf16").folder());
    Map<String, Object> attributes = Network.attributes(config, Placement.gpu(), null);
    assertThat(attributes.keySet())
        .isNotEmpty()
        .allSatisfy(name -> assertThat(made.group() + compiled).contains(name + "="));
  }
}
