package org.rlhf4j.rollout.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.settings.UsageException;

/** How {@code --reward} is written and read. */
class WeightedProgramTest {

  @Test
  void readsWeightNameAndArgument() {
    assertThat(WeightedProgram.parse("exact-match"))
        .isEqualTo(new WeightedProgram(ProgramKind.EXACT_MATCH, "", 1));
    assertThat(WeightedProgram.parse("0.5*number-after:####"))
        .isEqualTo(new WeightedProgram(ProgramKind.NUMBER_AFTER, "####", 0.5));
    assertThat(WeightedProgram.parse("-2*regex:a:b*c\n"))
        .isEqualTo(new WeightedProgram(ProgramKind.REGEX, "a:b*c\n", -2));
    assertThat(WeightedProgram.parse("regex:2*x").weight()).isEqualTo(1);
  }

  @Test
  void readsFields() {
    assertThat(
            WeightedProgram.parse(
                Map.of("name", "number-after", "argument", "####", "weight", "0.5")))
        .isEqualTo(WeightedProgram.parse("0.5*number-after:####"));
    assertThat(WeightedProgram.parse(Map.of("name", "exact-match")))
        .isEqualTo(WeightedProgram.parse("exact-match"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "exact-match",
        "2*exact-match",
        "-0.25*number-after:####",
        "regex:^(?s).*\\n: \"*$",
        "format:think,answer",
        "length-penalty:64-128",
        "repetition-penalty",
        "repetition-penalty:3",
        "class:my rewards.jar#com.example.MyReward",
        "command:python3 'score it.py' | tee log"
      })
  void writesWhatItReads(String text) {
    assertThat(WeightedProgram.parse(text)).hasToString(text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          exact-mach          | no reward program 'exact-mach'; did you mean 'exact-match'? There are exact-match,
          exact-match:42      | exact-match takes no argument, not '42'
          half*exact-match    | the weight before '*' must be a number, not 'half'
          NaN*exact-match     | the weight before '*' must be a number, not 'NaN'
          *exact-match        | the weight before '*' must be a number, not ''
          number-after        | number-after needs a marker, such as number-after:####
          regex:(a            | regex: Unclosed group at character 3 of '(a'
          regex               | regex needs a pattern
          format:a b          | format needs the names of the sections
          format:a,a          | format needs the names of the sections
          format              | format needs the names of the sections
          length-penalty:9-9  | length-penalty needs two numbers of tokens, between which the penalty grows
          length-penalty:9    | length-penalty needs two numbers of tokens, between which the penalty grows
          repetition-penalty:0 | repetition-penalty takes the tokens of a run
          class:a.jar         | class needs a jar and a class in it
          class:a.B           | class needs a jar and a class in it
          command              | command needs a command
          """)
  void whatCantBeReadIsNamed(String text, String message) {
    assertThatThrownBy(() -> WeightedProgram.parse(text))
        .isInstanceOf(UsageException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void fieldsThatCantBeReadAreNamed() {
    assertThatThrownBy(() -> WeightedProgram.parse(Map.of("name", "exact-match", "wieght", "2")))
        .isInstanceOf(UsageException.class)
        .hasMessageStartingWith("unknown 'wieght'; did you mean 'weight'?");
    assertThatThrownBy(() -> WeightedProgram.parse(Map.of("weight", "2")))
        .isInstanceOf(UsageException.class)
        .hasMessage("'name: …' is missing");
  }

  @Test
  void pathsAreTakenFromAFolder() {
    Path folder = Path.of("/it's here");
    assertThat(WeightedProgram.parse("2*class:lib/r.jar#a.B").in(folder))
        .hasToString("2*class:/it's here/lib/r.jar#a.B");
    assertThat(WeightedProgram.parse("class:/r.jar#a.B").in(folder))
        .hasToString("class:/r.jar#a.B");
    assertThat(WeightedProgram.parse("command:sh score.sh").in(folder))
        .hasToString("command:cd '/it'\\''s here' || exit; sh score.sh");
    assertThat(WeightedProgram.parse("exact-match").in(folder)).hasToString("exact-match");
    assertThat(WeightedProgram.parse("class:lib/r.jar#a.B").jar()).contains(Path.of("lib/r.jar"));
    assertThat(WeightedProgram.parse("exact-match").jar()).isEmpty();
    assertThat(WeightedProgram.parse("2*class:#a.B").in(folder)).hasToString("2*class:#a.B");
    assertThat(WeightedProgram.parse("class:#a.B").jar()).isEmpty();
  }
}
