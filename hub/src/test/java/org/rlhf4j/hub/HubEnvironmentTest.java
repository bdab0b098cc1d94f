package org.rlhf4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.settings.UsageException;

/** The variables of huggingface_hub. */
class HubEnvironmentTest {

  @TempDir private Path home;

  private HubEnvironment of(Map<String, String> variables) {
    return HubEnvironment.of(variables, home);
  }

  @ParameterizedTest
  @CsvSource({
    "A=b, HOME/.cache/huggingface/hub",
    "XDG_CACHE_HOME=/x, /x/huggingface/hub",
    "HF_HOME=/h, /h/hub",
    "HF_HOME=~/h, HOME/h/hub",
    "HF_HOME=/h XDG_CACHE_HOME=/x, /h/hub",
    "HF_HUB_CACHE=/c HF_HOME=/h, /c",
    "HUGGINGFACE_HUB_CACHE=/old HF_HOME=/h, /old",
    "HUGGINGFACE_HUB_CACHE=/old HF_HUB_CACHE=/c, /c",
    "HF_HUB_CACHE= HF_HOME=/h, /h/hub",
  })
  void theCacheFolder(String variables, String cache) {
    assertThat(of(parse(variables)).cache()).isEqualTo(Path.of(cache.replace("HOME", home + "")));
  }

  private static Map<String, String> parse(String variables) {
    Map<String, String> parsed = new HashMap<>();
    for (String variable : variables.split(" ")) {
      parsed.put(variable.split("=")[0], variable.substring(variable.indexOf('=') + 1));
    }
    return parsed;
  }

  @Test
  void theTokenIsTheVariablesElseTheFiles() throws IOException {
    assertThat(of(Map.of()).token()).isEmpty();
    Files.createDirectories(home.resolve(".cache/huggingface"));
    Files.writeString(home.resolve(".cache/huggingface/token"), "hf_file\n");
    Files.writeString(home.resolve("elsewhere"), "hf_elsewhere");

    assertThat(of(Map.of()).token()).contains("hf_file");
    assertThat(of(Map.of("HF_TOKEN_PATH", "~/elsewhere")).token()).contains("hf_elsewhere");
    assertThat(of(Map.of("HF_TOKEN", " hf_variable\n")).token()).contains("hf_variable");
    assertThat(of(Map.of("HUGGING_FACE_HUB_TOKEN", "hf_old")).token()).contains("hf_old");
    assertThat(of(Map.of("HF_TOKEN", "hf_secret"))).asString().doesNotContain("hf_secret");
  }

  @Test
  void aTokenThatIsNoneIsRefusedWithoutShowingIt() {
    assertThatThrownBy(() -> of(Map.of("HF_TOKEN", "hf_a\nhf_b")))
        .isInstanceOf(UsageException.class)
        .hasMessage("HF_TOKEN: isn't a token; take one from the hub's settings page");
  }

  @Test
  void theHubsAddress() {
    assertThat(of(Map.of()).endpoint()).hasToString("https://huggingface.co");
    assertThat(of(Map.of("HF_ENDPOINT", "http://mirror:8080/hub/")).endpoint())
        .hasToString("http://mirror:8080/hub");
  }

  @ParameterizedTest
  @ValueSource(strings = {"mirror", "ftp://mirror", "https://mirror?x=1", "https://a b"})
  void anAddressThatIsNoneIsRefused(String address) {
    assertThatThrownBy(() -> of(Map.of("HF_ENDPOINT", address)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("HF_ENDPOINT: expected an address")
        .hasMessageContaining(address);
  }

  @Test
  void anUnderscoreInAHostsNameIsNamed() {
    assertThatThrownBy(() -> of(Map.of("HF_ENDPOINT", "http://my_host:8080/hub")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("HF_ENDPOINT: a host's name can't have an underscore")
        .hasMessageContaining("'http://my_host:8080/hub'");
    assertThat(of(Map.of("HF_ENDPOINT", "http://host/my_hub")).endpoint())
        .hasToString("http://host/my_hub");
  }

  @Test
  void switches() {
    assertThat(of(Map.of()).offline()).isFalse();
    assertThat(of(Map.of("HF_HUB_OFFLINE", "0")).offline()).isFalse();
    assertThat(of(Map.of("HF_HUB_OFFLINE", "yes")).offline()).isTrue();
    assertThat(of(Map.of("TRANSFORMERS_OFFLINE", "1")).offline()).isTrue();
    assertThat(of(Map.of()).symlinks()).isTrue();
    assertThat(of(Map.of("HF_HUB_DISABLE_SYMLINKS", "1")).symlinks()).isFalse();
  }
}
