package org.rlhf4j.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsYamlTest {

  private static final Settings<ExampleSettings> SETTINGS = Settings.of(ExampleSettings.class);

  @TempDir private Path folder;

  @Test
  void writesResolvedSettingsInTheirOrder() {
    ExampleSettings values =
        SETTINGS.bind(
            Written.Mapping.EMPTY,
            Map.of(
                "model", List.of("a b"),
                "data", List.of("x.csv", "-y.csv"),
                "reward", List.of("0.5*exact-match"),
                "micro-batch-tokens", List.of("4096")));

    assertThat(SettingsYaml.write(SETTINGS, values))
        .isEqualTo(
            """
            model: "a b"
            data:
              - x.csv
              - "-y.csv"
            objective: adaptive-kl
            train-on:
              - completion
            reward:
              - "0.5*exact-match"
            resume: false
            learning-rate: 1e-6
            adam-beta1: 0.9
            micro-batch-tokens: 4096
            gamma: 1
            """);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "NULL",
        "~",
        "true",
        "1e-5",
        "a: b",
        "#",
        "a #b",
        "'",
        "\"q\"",
        "\\n",
        "- x",
        "tab\there",
        "two\nlines",
        "é ü 漢",
        "\u0001",
        "\u007f",
        "*alias",
        "&anchor",
        "!tag",
        "%x",
        "@x",
        "{a}",
        "[a]",
        " spaces ",
        "Human:",
        "hf://datasets/a/b",
        "\ud83d\ude00"
      })
  void readsBackEveryText(String text) {
    ExampleSettings values = SETTINGS.bind(Written.Mapping.EMPTY, Map.of("model", List.of(text)));

    String yaml = SettingsYaml.write(SETTINGS, values);

    assertThat(SETTINGS.bind(SettingsYaml.parse(yaml, "c"), Map.of())).isEqualTo(values);
  }

  @Test
  void emptyFileHasNoSettings() {
    assertThat(SettingsYaml.parse("# nothing\n", "c").entries()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"model: m\n\tdata: x", "a: 'open", "a: {b", "a: b: c"})
  void saysWhereAFileIsNotYaml(String yaml) {
    assertThatThrownBy(() -> SettingsYaml.parse(yaml, "run.yaml"))
        .isInstanceOf(UsageException.class)
        .hasMessageMatching("run\\.yaml:\\d+:\\d+: not YAML: [^\n]+; correct it");
  }

  @Test
  void refusesWhatIsNoMapping() {
    assertThatThrownBy(() -> SettingsYaml.parse("- a", "c"))
        .hasMessage("c:1:1: expected settings, one 'name: value' a line");
    assertThatThrownBy(() -> SettingsYaml.parse("a: 1\nb: 2\na: 3", "c"))
        .hasMessage("c:3:1: 'a' is given twice");
    assertThatThrownBy(() -> SettingsYaml.parse("? [a]\n: b", "c"))
        .hasMessage("c:1:3: expected a name before the colon");
  }

  @Test
  void refusesAnEndlessAlias() {
    assertThatThrownBy(() -> SettingsYaml.parse("a: &x [*x]", "c"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("nested too deeply");
  }

  /** Ten lines that stand for 5¹⁰ values. */
  @Test
  void refusesAliasesThatMultiply() {
    StringBuilder yaml = new StringBuilder("a0: &a0 [x, x, x, x, x]\n");
    for (int i = 1; i < 10; i++) {
      yaml.append("a" + i + ": &a" + i + " [" + ("*a" + (i - 1) + ",").repeat(5) + "]\n");
    }
    assertThatThrownBy(() -> SettingsYaml.parse(yaml.toString(), "c"))
        .isInstanceOf(UsageException.class)
        .hasMessageMatching("c:\\d+:\\d+: more than 10000 values with what aliases repeat; .*");
  }

  @Test
  void refusesFilesThatCannotBeRead() throws IOException {
    Path missing = folder.resolve("missing.yaml");
    Path binary = Files.write(folder.resolve("binary.yaml"), new byte[] {(byte) 0xff, 0x00});

    assertThatThrownBy(() -> SettingsYaml.read(missing))
        .hasMessage(missing + ": no such file; check its path");
    assertThatThrownBy(() -> SettingsYaml.read(binary)).hasMessage(binary + ": not UTF-8 text");
    assertThatThrownBy(() -> SettingsYaml.read(folder))
        .isInstanceOf(UsageException.class)
        .hasMessageStartingWith(folder + ": can't be read");
  }

  @Test
  void mappingsChangeByCopy() {
    Written.Mapping mapping = SettingsYaml.parse("a: 1\nb: 2", "c");

    Written.Mapping changed = mapping.with("a", new Written.Scalar("3", "x")).without("b");

    assertThat(changed.entries()).containsOnlyKeys("a");
    assertThat(changed.entries().get("a").where()).isEqualTo("x");
    assertThat(mapping.entries()).containsOnlyKeys("a", "b");
  }
}
