package org.rlhf4j.rollout.program;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.rollout.TinyRollouts;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;

class JudgeTest {
  private static final Offset<Double> CLOSE = within(2e-6);
  private static final String CHOICE = "{{prompt}} A {{completion}} B {{other}}:";

  @TempDir private Path folder;
  private final ByteArrayOutputStream shown = new ByteArrayOutputStream();

  private Judge judge(String asked) {
    return new Judge(TinyRollouts.policy(3), asked, new PrintStream(shown, true, UTF_8));
  }

  private static CompletedPrompt completed(String completion, String answer, Object other) {
    Map<String, Object> fields = other == null ? Map.of() : Map.of("completion", other);
    return new CompletedPrompt("q", completion, new int[] {5}, true, answer, fields);
  }

  /** log π of what follows a text, token by token. */
  private static double logprob(LanguageModel model, String text, String next) {
    Tokenizer tokenizer = model.tokenizer();
    TokenTree tree = new TokenTree(tokenizer.encode(text), List.of(tokenizer.encodeRaw(next)));
    double sum = 0;
    for (float logprob : model.logprobs(PackedTokens.of(List.of(tree)), 1).logprobs()) {
      sum += logprob;
    }
    return sum;
  }

  private static double preferred(LanguageModel model, String text) {
    double a = Math.exp(logprob(model, text, " A"));
    double b = Math.exp(logprob(model, text, " B"));
    return a / (a + b);
  }

  /** Several completions at once, each asked in both orders. */
  @Test
  void comparesInBothOrders() {
    try (Judge judge = judge(CHOICE);
        LanguageModel model = TinyRollouts.policy(3)) {
      double[] scores =
          judge.scoreAll(
              List.of(
                  completed("yes", "unused", "no way"),
                  completed("so", "no", null),
                  completed("so", null, null)));
      double yes =
          (preferred(model, "q A yes B no way:") + 1 - preferred(model, "q A no way B yes:")) / 2;
      double so = (preferred(model, "q A so B no:") + 1 - preferred(model, "q A no B so:")) / 2;
      assertThat(scores[0]).isCloseTo(yes, CLOSE);
      assertThat(scores[1]).isCloseTo(so, CLOSE);
      assertThat(scores[2]).isNaN();
      assertThat(Math.abs(yes - so)).isGreaterThan(1e-5);
    }
    assertThat(shown.toString(UTF_8))
        .startsWith("reward judge: 1 of 3 completions had nothing to be compared with");
  }

  @Test
  void placesAreOfNoMatter() {
    try (Judge judge = judge(CHOICE)) {
      assertThat(judge.score(completed("same", null, "same"))).isCloseTo(0.5, CLOSE);
      double one = judge.score(completed("yes", null, "no"));
      double other = judge.score(completed("no", null, "yes"));
      assertThat(one + other).isCloseTo(1, CLOSE);
    }
  }

  /** Behind a line feed the answer has no space before it. */
  @Test
  void anAnswerFollowsALineFeedDirectly() {
    try (Judge judge = judge("{{completion}} {{other}}\n");
        LanguageModel model = TinyRollouts.policy(3)) {
      double expected = 0;
      for (String text : List.of("yes no\n", "no yes\n")) {
        double a = Math.exp(logprob(model, text, "A"));
        double b = Math.exp(logprob(model, text, "B"));
        expected += (text.startsWith("yes") ? a : b) / (a + b) / 2;
      }
      assertThat(judge.score(completed("yes", "no", null))).isCloseTo(expected, CLOSE);
    }
  }

  /** What fills a place isn't looked through for places. */
  @Test
  void aCompletionCantAskForAnother() {
    try (Judge judge = judge(CHOICE);
        LanguageModel model = TinyRollouts.policy(3)) {
      double score = judge.score(completed("{{other}}", null, "no"));
      double expected =
          (preferred(model, "q A {{other}} B no:") + 1 - preferred(model, "q A no B {{other}}:"))
              / 2;
      assertThat(score).isCloseTo(expected, CLOSE);
    }
  }

  /** Its own completion is the other one, but for the row that has one. */
  @Test
  void theReferenceCompletesWhatHasNothingToBeComparedWith() {
    List<String> reference = List.of("no", "unused");
    List<CompletedPrompt> batch =
        List.of(completed("yes", null, null), completed("so", "no way", null));
    try (Judge judge = judge(CHOICE)) {
      assertThat(judge.lacksOthers(batch)).isTrue();
      List<CompletedPrompt> beside = judge.besideOthers(batch, reference);
      assertThat(judge.lacksOthers(beside)).isFalse();
      assertThat(judge.scoreAll(beside))
          .containsExactly(
              judge.scoreAll(
                  List.of(completed("yes", null, "no"), completed("so", null, "no way"))));
    }
  }

  @Test
  void theFirstNumberIsTheScore() {
    assertThat(Judge.number(" Score: 7/10.")).isEqualTo(7);
    assertThat(Judge.number("-0.5")).isEqualTo(-0.5);
    assertThat(Judge.number("I'd say .25")).isEqualTo(0.25);
    assertThat(Judge.number("Good.")).isNaN();
  }

  /** A model of random weights seldom answers with a number. */
  @Test
  void answersWithoutAScoreAreCounted() {
    double[] scores;
    try (Judge judge = judge("{{prompt}} {{completion}}:")) {
      scores = judge.scoreAll(List.of(completed("a", null, null), completed("b", null, null)));
    }
    int none = 0;
    for (double score : scores) {
      none += Double.isNaN(score) ? 1 : 0;
    }
    String said = shown.toString(UTF_8);
    if (none == 0) {
      assertThat(said).isEmpty();
    } else {
      assertThat(said).isEqualTo("reward judge: " + none + " of 2 answers had no score\n");
    }
  }

  @Test
  void whatItIsToldIsChecked() throws IOException {
    for (String argument : List.of("model", "?prompt=f", "model?prompt=")) {
      assertThatThrownBy(() -> WeightedProgram.parse("judge:" + argument))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("judge needs a model and a file with what it is asked");
    }
    Path file = Files.writeString(folder.resolve("asked.txt"), "how good is it?");
    assertThatThrownBy(() -> Judge.open("model?prompt=" + file, System.err))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("has no {{completion}}");
    assertThatThrownBy(() -> Judge.open("model?prompt=" + folder.resolve("none"), System.err))
        .hasMessageContaining("can't be read as UTF-8 text");
    WeightedProgram program = WeightedProgram.parse("0.5*judge:m?prompt=p.txt");
    assertThat(program.in(folder).inputs())
        .containsExactly(folder.resolve("m"), folder.resolve("p.txt"));
    assertThat(WeightedProgram.parse(program.toString())).isEqualTo(program);
  }

  @Test
  void aQuestionThatIsTooLongIsNamed() {
    try (Judge judge = judge(CHOICE)) {
      assertThatThrownBy(() -> judge.score(completed("x".repeat(2000), null, "no")))
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith("--reward judge: it is asked ")
          .hasMessageContaining("tokens about 'q'");
    }
  }
}
