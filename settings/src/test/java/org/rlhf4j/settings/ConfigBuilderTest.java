package org.rlhf4j.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rlhf4j.settings.ExampleSettings.Objective;
import org.rlhf4j.settings.ExampleSettings.Optimizer;
import org.rlhf4j.settings.ExampleSettings.Part;
import org.rlhf4j.settings.ExampleSettings.Weighted;

class ConfigBuilderTest {

  private static ConfigBuilder<ExampleSettings> builder() {
    return ConfigBuilder.of(ExampleSettings.class);
  }

  @Test
  void whatIsNotGivenIsAsTheCommandHasIt() {
    assertThat(builder().with(ExampleSettings::model, "m").build())
        .isEqualTo(
            Settings.of(ExampleSettings.class)
                .bind(Written.Mapping.EMPTY, Map.of("model", List.of("m"))));
  }

  @Test
  void givesSettingsOfEveryKindAndGroup() {
    ExampleSettings built =
        builder()
            .with(Optimizer::learningRate, 3e-4)
            .with(Optimizer::microBatchTokens, 64) // a long
            .with(ExampleSettings::discount, 0) // a double, under another name
            .with(ExampleSettings::model, "m")
            .with(ExampleSettings::data, List.of(Path.of("a,b.csv")))
            .with(ExampleSettings::objective, Objective.CLIP)
            .with(ExampleSettings::trainOn, List.of(Part.PROMPT))
            .with(ExampleSettings::reward, List.of(new Weighted(2, "r")))
            .with(ExampleSettings::resume, true)
            .build();
    assertThat(built)
        .isEqualTo(
            new ExampleSettings(
                "m",
                List.of(Path.of("a,b.csv")),
                null,
                Objective.CLIP,
                List.of(Part.PROMPT),
                List.of(new Weighted(2, "r")),
                true,
                new Optimizer(3e-4, 0.9, 64L),
                0));
  }

  @Test
  void nullTakesBackWhatWasGiven() {
    ConfigBuilder<ExampleSettings> builder = builder().with(ExampleSettings::model, "m");
    builder.with(ExampleSettings::epochs, 3).with(ExampleSettings::epochs, null);
    assertThat(builder.build().epochs()).isNull();
    assertThatThrownBy(() -> builder.with(ExampleSettings::model, null).build())
        .isInstanceOf(UsageException.class)
        .hasMessage("ExampleSettings: missing: model; give them by with(…)");
  }

  @Test
  void aCopyIsWhatItWasButForWhatIsGiven() {
    ExampleSettings before =
        builder()
            .with(ExampleSettings::model, "m")
            .with(ExampleSettings::epochs, 3)
            .with(Optimizer::learningRate, 3e-4)
            .build();
    assertThat(ConfigBuilder.copyOf(before).build()).isEqualTo(before);
    ExampleSettings after =
        ConfigBuilder.copyOf(before).with(Optimizer::microBatchTokens, 64).build();
    assertThat(after.optimizer()).isEqualTo(new Optimizer(3e-4, 0.9, 64L));
    assertThat(after.epochs()).isEqualTo(3);
    assertThat(before.optimizer().microBatchTokens()).isNull();
  }

  @Test
  void nullInACopyTakesTheDefault() {
    Optimizer before = new Optimizer(3e-4, 0.5, 64L);
    assertThat(
            ConfigBuilder.copyOf(before)
                .with(Optimizer::learningRate, null)
                .with(Optimizer::microBatchTokens, null)
                .build())
        .isEqualTo(new Optimizer(2e-5, 0.5, null));
  }

  @Test
  void aGroupCanBeBuiltAlone() {
    assertThat(ConfigBuilder.of(Optimizer.class).build()).isEqualTo(new Optimizer(2e-5, 0.9, null));
  }

  @Test
  void rangesAreChecked() {
    assertThatThrownBy(
            () ->
                builder()
                    .with(ExampleSettings::model, "m")
                    .with(Optimizer::learningRate, -1.0)
                    .build())
        .isInstanceOf(UsageException.class)
        .hasMessageStartingWith("learning-rate must be above 0");
  }

  record Other(int size) {}

  @Test
  void whatIsNoSettingOrOfAnotherTypeIsNamed() {
    assertThatThrownBy(() -> builder().with(Other::size, 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("ExampleSettings has no setting ConfigBuilderTest$Other::size;");
    assertThatThrownBy(() -> builder().with((ExampleSettings all) -> all.epochs(), 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("name one by a method reference, such as LoopSettings::steps");
    assertThatThrownBy(() -> builder().with(ExampleSettings::epochs, "many"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("epochs: expected a whole number (Integer), not 'many' (String)");
    assertThatThrownBy(() -> builder().with(ExampleSettings::data, List.of("a.csv")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("data: expected a path (Path), not 'a.csv' (String)");
  }
}
