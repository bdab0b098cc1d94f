package org.rlhf4j.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.settings.ExampleSettings.Objective;
import org.rlhf4j.settings.ExampleSettings.Part;
import org.rlhf4j.settings.ExampleSettings.Weighted;

class SettingsBinderTest {

  private static final Settings<ExampleSettings> SETTINGS = Settings.of(ExampleSettings.class);

  @Test
  void takesDefaultsWhereNothingIsWritten() {
    ExampleSettings bound = bind("", Map.of("model", List.of("m")));

    assertThat(bound.model()).isEqualTo("m");
    assertThat(bound.data()).isEmpty();
    assertThat(bound.epochs()).isNull();
    assertThat(bound.objective()).isEqualTo(Objective.ADAPTIVE_KL);
    assertThat(bound.trainOn()).containsExactly(Part.COMPLETION);
    assertThat(bound.resume()).isFalse();
    assertThat(bound.optimizer().adamBeta1()).isEqualTo(0.9);
    assertThat(bound.optimizer().microBatchTokens()).isNull();
    assertThat(bound.discount()).isEqualTo(1);
  }

  @Test
  void outerRecordChangesDefaultsOfItsGroup() {
    assertThat(bind("model: m", Map.of()).optimizer().learningRate()).isEqualTo(1e-6);
  }

  @Test
  void readsEveryKindFromFile() {
    ExampleSettings bound =
        bind(
            """
            model: yes
            data: [a.csv, "b c.jsonl"]
            epochs: 3
            objective: clip
            train-on: prompt,completion
            reward:
              - exact-match
              - {name: "regex:a", weight: 0.5}
            resume: true
            learning-rate: 1e-5
            gamma: .99
            micro-batch-tokens:
            """,
            Map.of());

    assertThat(bound.model()).isEqualTo("yes");
    assertThat(bound.data()).containsExactly(Path.of("a.csv"), Path.of("b c.jsonl"));
    assertThat(bound.epochs()).isEqualTo(3);
    assertThat(bound.objective()).isEqualTo(Objective.CLIP);
    assertThat(bound.trainOn()).containsExactly(Part.PROMPT, Part.COMPLETION);
    assertThat(bound.reward())
        .containsExactly(new Weighted(1, "exact-match"), new Weighted(0.5, "regex:a"));
    assertThat(bound.resume()).isTrue();
    assertThat(bound.optimizer().learningRate()).isEqualTo(1e-5);
    assertThat(bound.discount()).isEqualTo(0.99);
    assertThat(bound.optimizer().microBatchTokens()).isNull();
  }

  @Test
  void commandLineWins() {
    ExampleSettings bound =
        bind(
            "model: m\ndata: [a]\nlearning-rate: 1",
            Map.of("data", List.of("b", "c"), "learning-rate", List.of("2")));

    assertThat(bound.data()).containsExactly(Path.of("b"), Path.of("c"));
    assertThat(bound.optimizer().learningRate()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "learning_rat: 1~run.yaml:2:1: unknown setting 'learning_rat';"
            + " did you mean 'learning-rate'?",
        "epochs: 1.5~run.yaml:2:9: epochs: expected a whole number, not '1.5'",
        "epochs: [1]~run.yaml:2:9: epochs: expected a whole number, not a list",
        "gamma: NaN~run.yaml:2:8: gamma: expected a number, not 'NaN'",
        "gamma: 1e999~run.yaml:2:8: gamma: expected a number, not '1e999'",
        "gamma: 1d~run.yaml:2:8: gamma: expected a number, not '1d'",
        "resume: yes~run.yaml:2:9: resume: expected true or false, not 'yes'",
        "objective: clap~run.yaml:2:12: objective: expected one of clip, adaptive-kl, not 'clap'",
        "objective: {a: b}~run.yaml:2:12: objective:"
            + " expected one of clip, adaptive-kl, not settings of its own",
        "data: [a, null]~run.yaml:2:11: data: expected a path, not nothing",
        "reward: ['*x']~run.yaml:2:10: reward: no weight before '*'",
        "reward: [{name: [x]}]~run.yaml:2:17: reward: name takes one value",
        "learning-rate: 0~run.yaml:2:16: learning-rate must be above 0, not 0",
        "adam-beta1: 1~run.yaml:2:13: adam-beta1 must be at least 0 and below 1, not 1",
      })
  void refusesWhatIsWrongInFile(String line, String message) {
    assertThatThrownBy(() -> bind("model: m\n" + line, Map.of()))
        .isInstanceOf(UsageException.class)
        .hasMessage(message);
  }

  @Test
  void refusesWhatIsWrongOnCommandLine() {
    assertThatThrownBy(() -> bind("model: m", Map.of("epochs", List.of("x"))))
        .hasMessage("--epochs: expected a whole number, not 'x'");
    assertThatThrownBy(() -> bind("model: m", Map.of("epochs", List.of("1", "2"))))
        .hasMessage("--epochs: given 2 times, but it takes only one value");
    assertThatThrownBy(() -> bind("model: m", Map.of("learning-rate", List.of("-1"))))
        .hasMessage("--learning-rate must be above 0, not -1");
    assertThatThrownBy(() -> bind("model: m", Map.of("epoch", List.of("1"))))
        .hasMessage("--epoch: unknown setting 'epoch'; did you mean 'epochs'?");
  }

  @Test
  void namesWhatIsMissing() {
    assertThatThrownBy(() -> bind("", Map.of()))
        .isInstanceOf(UsageException.class)
        .hasMessage("missing: --model (as an option, or in the --config file)");
  }

  private static ExampleSettings bind(String yaml, Map<String, List<String>> commandLine) {
    return SETTINGS.bind(SettingsYaml.parse(yaml, "run.yaml"), commandLine);
  }
}
