package org.rlhf4j.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PresetTest {

  /** Says how fast and how far at once; heat is of no record here. */
  enum Pace implements Preset {
    SLOW("1e-3", "10"),
    FAST("0.5", "90");

    private final Map<String, String> defaults;

    Pace(String rate, String length) {
      this.defaults = Map.of("rate", rate, "length", length, "heat", "3");
    }

    @Override
    public Map<String, String> defaults() {
      return defaults;
    }
  }

  record Inner(
      @Setting(help = "How far.", defaultValue = "7") int length,
      @Setting(help = "Not given.", defaultText = "none") Double width) {}

  record Walk(
      @Setting(help = "How fast.", defaultValue = "0.1") double rate,
      Inner inner,
      @Setting(help = "Both.", defaultText = "none") Pace pace) {
    Walk {
      Limits.between("rate", 0, 0.4, rate);
    }
  }

  private static final Settings<Walk> SETTINGS = Settings.of(Walk.class);

  private static Walk bind(Map<String, String> file, Map<String, List<String>> given) {
    Written.Mapping mapping = Written.Mapping.EMPTY;
    for (Map.Entry<String, String> entry : file.entrySet()) {
      mapping = mapping.with(entry.getKey(), new Written.Scalar(entry.getValue(), "walk.yaml:1:1"));
    }
    return SETTINGS.bind(mapping, given);
  }

  @Test
  void withoutAPresetDefaultsAreTheirOwn() {
    assertThat(bind(Map.of(), Map.of())).isEqualTo(new Walk(0.1, new Inner(7, null), null));
  }

  @Test
  void aPresetGivesDefaultsOfEachGroup() {
    Walk slow = new Walk(1e-3, new Inner(10, null), Pace.SLOW);
    assertThat(bind(Map.of(), Map.of("pace", List.of("slow")))).isEqualTo(slow);
    assertThat(bind(Map.of("pace", "slow"), Map.of())).isEqualTo(slow);
    assertThat(ConfigBuilder.of(Walk.class).with(Walk::pace, Pace.SLOW).build()).isEqualTo(slow);
    assertThat(SETTINGS.otherThanPresets(slow)).isEmpty();
  }

  @Test
  void whatIsGivenBesidesCounts() {
    Walk changed = new Walk(0.2, new Inner(10, null), Pace.SLOW);
    assertThat(bind(Map.of(), Map.of("pace", List.of("slow"), "rate", List.of("0.2"))))
        .isEqualTo(changed);
    assertThat(bind(Map.of("rate", "0.2"), Map.of("pace", List.of("slow")))).isEqualTo(changed);
    assertThat(
            ConfigBuilder.of(Walk.class).with(Walk::rate, 0.2).with(Walk::pace, Pace.SLOW).build())
        .isEqualTo(changed);
    assertThat(SETTINGS.otherThanPresets(changed)).containsExactly("rate");
    assertThat(ConfigBuilder.copyOf(changed).build()).isEqualTo(changed);
  }

  @Test
  void itsValuesAreCheckedToo() {
    assertThatThrownBy(() -> bind(Map.of(), Map.of("pace", List.of("fast"))))
        .isInstanceOf(UsageException.class)
        .hasMessage("rate must be from 0 to 0.4, not 0.5");
  }
}
