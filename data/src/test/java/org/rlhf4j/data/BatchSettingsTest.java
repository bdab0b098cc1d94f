package org.rlhf4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.Written;

class BatchSettingsTest {
  private static BatchSettings bind(Map<String, List<String>> options) {
    return Settings.of(BatchSettings.class).bind(Written.Mapping.EMPTY, options);
  }

  @Test
  void sixteenRowsMakeAStepUnlessGiven() {
    assertThat(bind(Map.of())).isEqualTo(new BatchSettings(16));
    assertThat(bind(Map.of("batch-size", List.of("3")))).isEqualTo(new BatchSettings(3));
  }

  @Test
  void aStepHasRows() {
    assertThatThrownBy(() -> bind(Map.of("batch-size", List.of("0"))))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("batch-size");
  }
}
