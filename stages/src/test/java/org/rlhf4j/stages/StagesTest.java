package org.rlhf4j.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.rlhf4j.settings.SettingSpec;
import org.rlhf4j.settings.SettingsYaml;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.training.StageType;

class StagesTest {
  static final java.util.List<StageType<?>> ALL = Stages.ALL;

  @Test
  void eachHasANameOfItsOwn() {
    assertThat(Stages.names())
        .containsExactly("sft", "reward", "dpo", "ppo", "grpo")
        .doesNotHaveDuplicates();
    assertThat(Stages.named("grpo").orElseThrow().description()).contains("GRPO");
    assertThat(Stages.named("dpq")).isEmpty();
  }

  /** What a stage needs is said of settings that it has. */
  @ParameterizedTest
  @FieldSource("ALL")
  void needsAreOfItsOwnSettings(StageType<?> stage) {
    assertThat(stage.settings().specs())
        .extracting(SettingSpec::name)
        .containsAll(stage.needs().keySet());
    assertThat(stage.settings().specs()).extracting(SettingSpec::name).contains("output", "resume");
  }

  @ParameterizedTest
  @FieldSource("ALL")
  void aFileOfAnotherStageIsRefusedByItsName(StageType<?> stage) {
    var own = SettingsYaml.parse("stage: " + stage.name() + "\nsteps: 3\n", "config.yaml");
    assertThat(stage.settingsIn(own).entries()).containsOnlyKeys("steps");
    var other = SettingsYaml.parse("steps: 3\nstage: other\n", "config.yaml");
    assertThatThrownBy(() -> stage.settingsIn(other))
        .isInstanceOf(UsageException.class)
        .hasMessage(
            "config.yaml:2:1: is of the stage other, not of %s; run `rlhf other`, or leave the line out",
            stage.name());
    var unnamed = SettingsYaml.parse("steps: 3\n", "config.yaml");
    assertThat(stage.settingsIn(unnamed)).isEqualTo(unnamed);
  }
}
