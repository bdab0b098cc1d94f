package org.rlhf4j.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.model.adapter.LoraConfig;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.Written;

class LoraSettingsTest {

  private static LoraSettings settings(String... given) {
    Map<String, List<String>> values = new LinkedHashMap<>();
    for (int i = 0; i < given.length; i += 2) {
      values.put(given[i], List.of(given[i + 1]));
    }
    return Settings.of(LoraSettings.class).bind(Written.Mapping.EMPTY, values);
  }

  @Test
  void withoutARankThereIsNoAdapter() {
    assertThat(settings().adapter()).isNull();
  }

  @Test
  void alphaIsTwiceTheRankUnlessGiven() {
    assertThat(settings("lora-rank", "8").adapter())
        .isEqualTo(new LoraConfig(8, 16, 0, false, List.of()));
    LoraConfig given =
        settings("lora-rank", "8", "lora-alpha", "4", "lora-targets", "q_proj").adapter();
    assertThat(given).isEqualTo(new LoraConfig(8, 4, 0, false, List.of("q_proj")));
    assertThat(given.scale()).isEqualTo(0.5);
    assertThat(new LoraConfig(16, 4, 0, true, List.of()).scale()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "lora-rank, -1, 'lora-rank must be 0 or more, not -1'",
    "lora-alpha, 16, lora-alpha needs --lora-rank",
    "lora-dropout, 0.1, lora-dropout needs --lora-rank",
    "lora-dropout, 1, 'lora-dropout must be at least 0 and below 1, not 1'",
    "lora-targets, q_proj, lora-targets needs --lora-rank",
  })
  void refusesWhatHasNoEffectOrNoSense(String name, String value, String message) {
    assertThatThrownBy(() -> settings(name, value))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(message);
  }

  @Test
  void objectivesOfRatiosRefuseDropout() {
    settings("lora-rank", "8").requireNoDropout();
    LoraSettings dropping = settings("lora-rank", "8", "lora-dropout", "0.1");
    assertThat(dropping.adapter().dropout()).isEqualTo(0.1);
    assertThatThrownBy(dropping::requireNoDropout)
        .isInstanceOf(UsageException.class)
        .hasMessageStartingWith("lora-dropout must be 0 here");
  }
}
