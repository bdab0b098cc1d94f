package org.rlhf4j.rollout.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.Written;

class RolloutServerSettingsTest {
  private static RolloutServerSettings bind(String... given) {
    Map<String, List<String>> written = new HashMap<>();
    for (int i = 0; i < given.length; i += 2) {
      written.put(given[i], List.of(given[i + 1]));
    }
    return Settings.of(RolloutServerSettings.class).bind(Written.Mapping.EMPTY, written);
  }

  @Test
  void withoutServersNothingIsAsked() {
    assertThat(bind().isAsked()).isFalse();
    for (String setting : List.of("rollout-adapters", "rollout-lag")) {
      assertThatThrownBy(() -> bind(setting, "1"))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining(setting + " is for --rollout-server");
    }
  }

  @Test
  void addressesAreSeparatedByCommasAndLoseTheApisPath() {
    RolloutServerSettings settings =
        bind(
            "rollout-server", "http://a:8000,https://b/path/v1/",
            "rollout-adapters", "shared",
            "rollout-lag", "1",
            "server-timeout", "0.5");
    assertThat(settings.addresses().stream().map(ServerAddress::toString))
        .containsExactly("http://a:8000", "https://b/path");
    assertThat(settings.patience()).hasMillis(500);
    assertThat(settings.serverRequests()).isEqualTo(64);
  }

  /** The address isn't repeated, as it may hold a password. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "gpu:8000",
        "ftp://gpu",
        "http://",
        "http://me:secret@gpu",
        "http://gpu?k=secret",
        "a b"
      })
  void whatIsNoAddressIsRefused(String address) {
    assertThatThrownBy(() -> bind("rollout-server", address, "rollout-adapters", "shared"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("rollout-server must be addresses such as http://host:8000")
        .hasMessageNotContaining("secret");
  }

  @Test
  void serversNeedAFolderAndAreNamedOnce() {
    assertThatThrownBy(() -> bind("rollout-server", "http://a"))
        .hasMessageContaining("rollout-adapters must name a folder that the servers see too");
    assertThatThrownBy(
            () -> bind("rollout-server", "http://a,http://a/v1", "rollout-adapters", "shared"))
        .hasMessageContaining("rollout-server must name each server once");
    assertThatThrownBy(
            () ->
                bind(
                    "rollout-server", "http://a", "rollout-adapters", "shared", "rollout-lag", "2"))
        .hasMessageContaining("rollout-lag must be from 0 to 1");
  }
}
