package org.rlhf4j.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SettingsTest {

  @Test
  void flattensGroupsInOrder() {
    assertThat(Settings.of(ExampleSettings.class).specs())
        .extracting(SettingSpec::name)
        .containsExactly(
            "model",
            "data",
            "epochs",
            "objective",
            "train-on",
            "reward",
            "resume",
            "learning-rate",
            "adam-beta1",
            "micro-batch-tokens",
            "gamma");
  }

  @Test
  void describesThemInMarkdown() {
    assertThat(SettingsTable.markdown(Settings.of(ExampleSettings.class)))
        .contains("| `--model` | `TEXT` | required | The model. |\n")
        .contains("| `--data` | `PATH`, repeatable | – | Rows to train on. |\n")
        .contains("| `--objective` | `clip\\|adaptive-kl` | `adaptive-kl` | Kind of update. |\n")
        .contains("\n\n### Optimizer\n\n| setting |")
        .contains("| `--learning-rate` | `X` | `1e-6` | Step size. |\n")
        .contains("| `--micro-batch-tokens` | `N` | from the memory plan | Micro-batch. |\n");
  }

  @Test
  void describesThemInJsonSchema() {
    JsonNode properties =
        SettingsJsonSchema.of(Settings.of(ExampleSettings.class)).path("properties");

    assertThat(properties.at("/objective/enum/1").asText()).isEqualTo("adaptive-kl");
    assertThat(properties.at("/epochs/type").asText()).isEqualTo("integer");
    assertThat(properties.at("/gamma/type").asText()).isEqualTo("number");
    assertThat(properties.at("/resume/type").asText()).isEqualTo("boolean");
    assertThat(properties.at("/data/anyOf/1/items/type").asText()).isEqualTo("string");
    assertThat(properties.at("/reward/anyOf/0/type/1").asText()).isEqualTo("object");
  }

  @Test
  void machineSettingsHaveTheirDefaults() {
    Settings<MachineSettings> settings = Settings.of(MachineSettings.class);

    assertThat(settings.bind(Written.Mapping.EMPTY, Map.of()))
        .isEqualTo(new MachineSettings(MachineSettings.Device.AUTO, null, PrecisionChoice.AUTO, 0));
    assertThatThrownBy(() -> settings.bind(Written.Mapping.EMPTY, Map.of("threads", List.of("0"))))
        .hasMessage("--threads must be above 0, not 0");
  }

  record Paths(
      @Setting(help = "A.", model = true) Path model,
      @Setting(help = "B.") List<Path> data,
      @Setting(help = "C.") Path none,
      @Setting(help = "D.", defaultValue = "3") int steps) {}

  @Test
  void takesOtherPaths() {
    Settings<Paths> settings = Settings.of(Paths.class);
    Paths given = new Paths(Path.of("m"), List.of(Path.of("a"), Path.of("b")), null, 7);

    Paths other =
        settings.withPaths(
            given,
            (setting, path) -> setting.model() ? path.resolve("x") : Path.of("to", path + ""));

    assertThat(other)
        .isEqualTo(new Paths(Path.of("m/x"), List.of(Path.of("to/a"), Path.of("to/b")), null, 7));
    assertThat(settings.specs().get(0).label()).isEqualTo("MODEL");
    assertThat(settings.specs().get(1).label()).isEqualTo("PATH");
  }

  @Test
  void whatHasAnotherDefaultIsNotRequired() {
    record Files(@Setting(help = "A.", required = true) List<String> data) {}

    record Both(@Defaults("data=") Files files) {}

    assertThatThrownBy(() -> Settings.of(Files.class).bind(Written.Mapping.EMPTY, Map.of()))
        .hasMessageStartingWith("missing: --data");
    assertThat(Settings.of(Both.class).bind(Written.Mapping.EMPTY, Map.of()))
        .isEqualTo(new Both(new Files(List.of())));
  }

  @Test
  void findsFaultsOfDeclarations() {
    record Undocumented(int a) {}

    record WithoutDefault(@Setting(help = "A.") int a) {}

    record BadDefault(@Setting(help = "A.", defaultValue = "x") int a) {}

    record Twice(@Setting(help = "A.") String a, @Setting(help = "A.", name = "a") String b) {}

    record NoSuchType(@Setting(help = "A.") Object a) {}

    record NoModel(@Setting(help = "A.", model = true) String a) {}

    record Inner(@Setting(help = "A.") String a) {}

    record NoSuchDefault(@Defaults("b=1") Inner inner) {}

    assertFault(Undocumented.class, "Undocumented.a has no @Setting");
    assertFault(
        WithoutDefault.class, "WithoutDefault.a needs a default or a type that can be null");
    assertFault(BadDefault.class, "BadDefault.a can't read its own default x");
    assertFault(Twice.class, "Twice.b is the second of the name a");
    assertFault(NoModel.class, "NoModel.a is a model and no Path");
    assertFault(NoSuchType.class, "no setting can be a java.lang.Object");
    assertFault(
        NoSuchDefault.class, "NoSuchDefault.inner has a default for b, which it doesn't have");
  }

  @Test
  void limitsNameTheSetting() {
    Limits.between("top-p", 0, 1, 0.5);
    Limits.notNegative("warmup-steps", 0);
    assertThatThrownBy(() -> Limits.between("top-p", 0, 1, 1.5))
        .isInstanceOf(UsageException.class)
        .hasMessage("top-p must be from 0 to 1, not 1.5");
    assertThatThrownBy(() -> Limits.notNegative("warmup-steps", -1))
        .hasMessage("warmup-steps must be 0 or more, not -1");
    assertThatThrownBy(() -> Limits.require(false, "steps", "can't go with --epochs"))
        .hasMessage("steps can't go with --epochs");
    assertThatThrownBy(() -> Limits.positive("clip", Double.NaN))
        .hasMessage("clip must be above 0, not NaN");
  }

  @Test
  void countsChangedLetters() {
    assertThat(NearestName.distance("kitten", "sitting")).isEqualTo(3);
    assertThat(NearestName.distance("", "abc")).isEqualTo(3);
    assertThat(NearestName.of("modle", List.of("data", "model"))).hasValue("model");
    assertThat(NearestName.of("x", List.of())).isEmpty();
  }

  private static void assertFault(Class<? extends Record> type, String message) {
    assertThatThrownBy(() -> Settings.of(type))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }
}
