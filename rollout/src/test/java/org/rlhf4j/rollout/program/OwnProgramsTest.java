package org.rlhf4j.rollout.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.settings.UserException;

/** The programs that come along, on completions worked by hand. */
class OwnProgramsTest {

  private static double score(String setting, String completion, String answer) {
    return score(setting, Completed.of(completion, answer));
  }

  private static double score(String setting, CompletedPrompt completed) {
    try (RewardProgram program = WeightedProgram.parse(setting).open(null)) {
      return program.score(completed);
    }
  }

  @Test
  void exactMatchForgivesWhiteSpaceAroundAlone() {
    assertThat(score("exact-match", " 42\n", "42")).isEqualTo(1);
    assertThat(score("exact-match", "42", " 42 ")).isEqualTo(1);
    assertThat(score("exact-match", "4 2", "42")).isZero();
    assertThat(score("exact-match", "42.", "42")).isZero();
    assertThat(score("exact-match", "Paris", "paris")).isZero();
    assertThat(score("exact-match", "", "42")).isZero();
    assertThat(score("exact-match", "", "")).isEqualTo(1);
    assertThat(score("exact-match", "42", null)).isNaN();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          6 * 12 = 72 #### 72            | 72        | 1
          #### 72                        | Six. #### 72 | 1
          ####72                         | 72        | 1
          ####    72   apples            | 72        | 1
          #### 72.                       | 72        | 1
          #### 72.0                      | 72        | 1
          #### 72.01                     | 72        | 0
          #### 72%                       | 72        | 1
          #### 1,234                     | 1234      | 1
          #### 1234                      | 1,234     | 1
          #### 1,234,567.50              | 1234567.5 | 1
          #### 1,23                      | 1         | 0
          #### 1,23                      | 123       | 0
          #### 1,2345                    | 1         | 0
          #### $1,234                    | 1234      | 1
          #### $ 5                       | 5         | 1
          #### 5 dollars                 | $5        | 1
          #### -3                        | -3        | 1
          #### -$3                       | -3        | 1
          #### $-3                       | -3        | 1
          #### −3                        | -3        | 1
          #### 3                         | -3        | 0
          #### - 3                       | -3        | 0
          #### +3                        | 3         | 1
          #### .5                        | 0.5       | 1
          #### 0.50                      | 1/2       | NaN
          #### 3/4                       | 3         | 0
          #### 1e3                       | 1         | 0
          #### 1.2.3                     | 1.2       | 0
          #### 1 then #### 2             | 2         | 1
          #### 2 then #### 1             | 2         | 0
          #### 2 then ####               | 2         | 0
          72                             | 72        | 0
          ### 72                         | 72        | 0
          #### seventy-two               | 72        | 0
          #### x = 72                    | 72        | 0
          #### 72                        | many      | NaN
          #### 72                        | #### many | NaN
          #### 072                       | 72        | 1
          """)
  void numberAfterTheLastMarker(String completion, String answer, double expected) {
    assertThat(score("number-after:####", completion, answer)).isEqualTo(expected);
  }

  @Test
  void numberAfterTakesAnyMarkerAndTheNextLine() {
    assertThat(score("number-after:\\boxed{", "so \\boxed{72}", "72")).isEqualTo(1);
    assertThat(score("number-after:Answer:", "Answer:\n\n72\nDone.", "72")).isEqualTo(1);
    assertThat(score("number-after:=", "37+48=85", "85")).isEqualTo(1);
    assertThat(score("number-after:####", "#### 72", null)).isNaN();
    assertThat(score("number-after:####", "", "72")).isZero();
  }

  @Test
  void regexIsFoundAnywhere() {
    assertThat(score("regex:[Yy]es", "Oh yes.", null)).isEqualTo(1);
    assertThat(score("regex:^[Yy]es", "Oh yes.", null)).isZero();
    assertThat(score("regex:a:b*", "a:", null)).isEqualTo(1);
    assertThat(score("regex:(?s)^<b>.*</b>$", "<b>\n</b>", "x")).isEqualTo(1);
  }

  @Test
  void regexComparesWhatItsLastMatchCaptures() {
    String setting = "regex:=\\s*(?<answer>[a-d])";
    assertThat(score(setting, "= a, no: = b", "b")).isEqualTo(1);
    assertThat(score(setting, "= b, no: = a", "b")).isZero();
    assertThat(score(setting, "b", "b")).isZero();
    assertThat(score(setting, "= b", null)).isNaN();
    assertThat(score("regex:x|(?<answer>y)", "x", "y")).isZero();
  }

  /**
   * The first nests calls as deep as the text is long, the second looks at it 10,000² / 2 times.
   */
  @Test
  void aRegexThatTriesTooMuchIsNamed() {
    for (String setting : List.of("regex:(a|b)*c", "regex:a+c")) {
      String completion = setting.contains("|") ? "ab".repeat(50_000) : "a".repeat(10_000);
      assertThatThrownBy(() -> score(setting, completion, null))
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith(
              "--reward "
                  + setting.replace(":", ": '")
                  + "' needs too many tries on the completion of");
    }
    assertThat(score("regex:^[ab]*+c", "ab".repeat(50_000), null)).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          <think>a</think><answer>b</answer>                   | 1
          <think>a < b</think>  <answer>b</answer>             | 1
          <think></think><answer>b</answer>                    | 0
          <think> </think><answer>b</answer>                   | 0
          <answer>b</answer><think>a</think>                   | 0
          <think>a</think><answer>b</answer>.                  | 0
          So: <think>a</think><answer>b</answer>               | 0
          <think>a</think> and <answer>b</answer>              | 0
          <think>a</think><answer>b                            | 0
          <think>a</think><think>a</think><answer>b</answer>   | 0
          <think>a<think></think><answer>b</answer>            | 0
          <think>a</think><answer>b</answer><answer>c</answer> | 0
          <Think>a</Think><answer>b</answer>                   | 0
          """)
  void formatWantsEachSectionOnceInOrder(String completion, double expected) {
    assertThat(score("format:think,answer", completion, null)).isEqualTo(expected);
  }

  @Test
  void formatForgivesWhiteSpaceAround() {
    assertThat(score("format:think,answer", "\n<think>a\n</think>\n<answer>b</answer>\n", null))
        .isEqualTo(1);
    assertThat(score("format:x", "<x>1</x>", null)).isEqualTo(1);
    assertThat(score("format:x", "", null)).isZero();
  }

  /** From 4 to 8 tokens: 5 of them cost a quarter. */
  @Test
  void lengthPenaltyGrowsEvenly() {
    double[] expected = {0, 0, 0, 0, 0, -0.25, -0.5, -0.75, -1, -1, -1};
    for (int tokens = 0; tokens < expected.length; tokens++) {
      assertThat(score("length-penalty:4-8", Completed.ofTokens(tokens)))
          .isEqualTo(expected[tokens]);
    }
  }

  /** Of runs of two: 12, 21, 12 again, 21 again: half. Of runs of four none comes again. */
  @Test
  void repetitionPenaltyIsWhatWasSaidBefore() {
    CompletedPrompt completed = Completed.ofIds(1, 2, 1, 2, 1);
    assertThat(score("repetition-penalty:2", completed)).isCloseTo(-0.5, within(1e-12));
    assertThat(score("repetition-penalty", completed)).isZero();
    assertThat(score("repetition-penalty:4", completed)).isZero();
    // 1212, 2121, 1212 again
    assertThat(score("repetition-penalty", Completed.ofIds(1, 2, 1, 2, 1, 2)))
        .isCloseTo(-1 / 3.0, within(1e-12));
    assertThat(score("repetition-penalty", Completed.ofIds())).isZero();
  }
}
