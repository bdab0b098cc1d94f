package org.rlhf4j.data.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.rlhf4j.data.file.BadRowException;
import org.rlhf4j.data.file.Location;
import org.rlhf4j.data.report.DataReport;
import org.rlhf4j.data.row.Comparison;
import org.rlhf4j.data.row.Demonstration;
import org.rlhf4j.data.row.PromptRow;
import org.rlhf4j.data.row.Row;
import org.rlhf4j.data.row.Rows;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.settings.UsageException;

/**
 * With the byte-level tokenizer of bench/reference/make_tokenizer.py: letters are ids of their own
 * (a 67, b 68, c 69), EOS is 0, pad 1 and the other stop id 2; " a" is 267. The other one marks
 * word starts, adds BOS 1, and has EOS 2.
 */
class RowTokenizerTest {

  private static final Path FIXTURES = Path.of("src/test/resources/tokenizers");
  private static final Location PLACE = new Location("a.jsonl", 1, 1);

  private static Tokenizer bytes;
  private static Tokenizer marked;

  @BeforeAll
  static void load() {
    bytes = Tokenizer.load(FIXTURES.resolve("byte-bpe"));
    marked = Tokenizer.load(FIXTURES.resolve("metaspace-bpe"));
  }

  @AfterAll
  static void close() {
    bytes.close();
    marked.close();
  }

  private static Demonstration demonstration(String prompt, String completion) {
    return new Demonstration(prompt, completion, false, PLACE);
  }

  private static Tokenized<TokenizedRow> all(RowTokenizer tokenizer, Row... rows) {
    return tokenizer.tokenize(new Rows<>(List.of(rows), List.of()));
  }

  private static TokenTree tree(RowTokenizer tokenizer, Row row) {
    return all(tokenizer, row).rows().get(0).tree();
  }

  private static void assertIds(TokenTree tree, int[] prompt, int[]... completions) {
    assertThat(tree.prompt()).isEqualTo(prompt);
    assertThat(tree.completions()).containsExactly(completions);
  }

  /** Whatever form the row has: the tokenizer would take gigabytes. */
  @Test
  void aRowOfMegabytesIsABadRow() {
    RowTokenizer tokenizer = new RowTokenizer(bytes, 100);
    String half = "a b ".repeat(TextLimit.CHARACTERS / 8);
    String more = half + "c";
    DataReport.Builder report = new DataReport.Builder(100);
    Stream.<ThrowingCallable>of(
            () -> tokenizer.tokenize(demonstration(half, more), report),
            () -> tokenizer.wholeIds(demonstration(half, more)),
            () -> tokenizer.tokenize(new Comparison(half, "b", more, 0, PLACE), report),
            () ->
                tokenizer.tokenizePrompt(
                    new PromptRow(half + more, Optional.empty(), PLACE), 9, report))
        .forEach(
            work ->
                assertThatExceptionOfType(BadRowException.class)
                    .isThrownBy(work)
                    .withMessage(
                        "a.jsonl:1:1: the row's text has 2,097,153 characters, and at most"
                            + " 2,097,152 are tokenized; shorten it or leave it out"));
    assertThat(tokenizer.tokenize(demonstration(half, half), report)).isEmpty();
  }

  @Test
  void appendsEosToACompletion() {
    RowTokenizer tokenizer = new RowTokenizer(bytes, 100);
    assertIds(tree(tokenizer, demonstration("a", "bc")), ids(67), ids(68, 69, 0));
    assertIds(tree(tokenizer, demonstration("a", "")), ids(67), ids(0));
  }

  @Test
  void appendsNothingToACompletionThatEndsInAStopId() {
    RowTokenizer tokenizer = new RowTokenizer(bytes, 100);
    assertIds(tree(tokenizer, demonstration("a", "b<|turn|>")), ids(67), ids(68, 2));
    assertIds(tree(tokenizer, demonstration("a", "b<|endoftext|>")), ids(67), ids(68, 0));
    assertIds(tree(tokenizer, demonstration("a", "b<|turn|>c")), ids(67), ids(68, 2, 69, 0));
  }

  @Test
  void keepsACompletionOfOneSpace() {
    assertIds(tree(new RowTokenizer(bytes, 100), demonstration("a", " ")), ids(67), ids(223, 0));
  }

  @Test
  void keepsPadIdsWithinTextsSinceMasksComeFromLengths() {
    TokenTree tree =
        tree(new RowTokenizer(bytes, 100), demonstration("<|pad|>a", "<|pad|>b<|pad|>"));
    assertIds(tree, ids(1, 67), ids(1, 68, 1, 0));
    assertThat(tree.completionTokens()).isEqualTo(4);
  }

  @Test
  void takesWhatFollowsThePromptInTheWhole() {
    // "a" is 67 and " a" is 267 in "a a" too, so the whole begins with the prompt's ids.
    assertIds(tree(new RowTokenizer(bytes, 100), demonstration("a", " a")), ids(67), ids(267, 0));
  }

  @Test
  void takesTheCompletionAloneWhereTheWholeMergesAcross() {
    // The whole "a a" is 67, 267: it doesn't begin with the prompt "a ", which is 67, 223.
    assertThat(bytes.encode("a a")).containsExactly(67, 267);
    assertIds(
        tree(new RowTokenizer(bytes, 100), demonstration("a ", "a")), ids(67, 223), ids(67, 0));
  }

  @Test
  void takesTheCompletionAloneWithoutBosOrWordStartMark() {
    // 'Human' is one token with its mark, so the whole "Human" doesn't begin with that of "Hu".
    RowTokenizer tokenizer = new RowTokenizer(marked, 100);
    int[] prompt = marked.encode("Hu");
    assertThat(Tokenizer.startsWith(marked.encode("Human"), prompt)).isFalse();

    TokenTree tree = tree(tokenizer, demonstration("Hu", "man"));

    assertThat(tree.prompt()).isEqualTo(prompt).startsWith(1);
    int[] completion = tree.completions().get(0);
    assertThat(completion).endsWith(2).doesNotContain(1);
    assertThat(marked.decodeContinuation(completion)).isEqualTo("man");
    assertThat(marked.decode(concat(prompt, completion))).isEqualTo("Human");
  }

  @Test
  void usesTheTokenizersOwnBos() {
    int a = 312;
    assertThat(marked.encode("a")).containsExactly(1, a);
    RowTokenizer tokenizer = new RowTokenizer(marked, 100);
    assertThat(tree(tokenizer, demonstration("a", "b")).prompt()).containsExactly(1, a);
    assertThat(tree(tokenizer, demonstration("", "a")).prompt()).containsExactly(1);
    assertThat(tree(new RowTokenizer(bytes, 100), demonstration("", "a")).prompt()).isEmpty();
  }

  @Test
  void trainsOnEveryTokenOfAText() {
    Demonstration text = new Demonstration("", "abc", true, PLACE);
    assertIds(tree(new RowTokenizer(bytes, 100), text), ids(), ids(67, 68, 69, 0));
    Demonstration a = new Demonstration("", "a", true, PLACE);
    assertIds(tree(new RowTokenizer(marked, 100), a), ids(), ids(1, 312, 2));
  }

  @Test
  void trainsOnThePromptTooWhereAsked() {
    RowTokenizer tokenizer =
        new RowTokenizer(bytes, 4, List.of(TrainedPart.PROMPT, TrainedPart.COMPLETION));
    assertIds(tree(tokenizer, demonstration("ab", "c")), ids(), ids(67, 68, 69, 0));
    assertIds(tree(tokenizer, demonstration("abc", "c")), ids(), ids(68, 69, 69, 0));
    Comparison pair = new Comparison("a", "b", "c", 0, PLACE);
    assertIds(tree(tokenizer, pair), ids(67), ids(68, 0), ids(69, 0));
  }

  @Test
  void cutsThePromptsBeginning() {
    // Prompt 4 + completion 2 + EOS 1 = 7 ids; 5 leave the prompt's last two.
    Tokenized<TokenizedRow> rows =
        all(new RowTokenizer(bytes, 5), demonstration("aabc", "bc"), demonstration("ab", "bc"));

    assertIds(rows.rows().get(0).tree(), ids(68, 69), ids(68, 69, 0));
    assertThat(rows.rows()).extracting(TokenizedRow::cut).containsExactly(2, 0);
    assertThat(rows.report().cut()).isEqualTo(1);
    assertThat(rows.report().dropped()).isZero();
  }

  /** Some families read everything after a BOS; bytes has none to keep. */
  @Test
  void aPromptThatIsCutKeepsItsBos() {
    TokenTree whole = tree(new RowTokenizer(marked, 100), demonstration("a b c a", "b"));
    int[] prompt = whole.prompt();
    int[] completion = whole.completions().get(0);
    assertThat(prompt[0]).isEqualTo(1);
    assertThat(prompt.length).isGreaterThan(3);
    int room = 3 + completion.length;
    TokenizedRow row =
        all(new RowTokenizer(marked, room), demonstration("a b c a", "b")).rows().get(0);
    assertIds(row.tree(), ids(1, prompt[prompt.length - 2], prompt[prompt.length - 1]), completion);
    assertThat(row.cut()).isEqualTo(prompt.length - 3);
    // No room for more than one: the last token, after which the completion begins
    assertIds(
        tree(new RowTokenizer(marked, 1 + completion.length), demonstration("a b c a", "b")),
        ids(prompt[prompt.length - 1]),
        completion);
    Rows<PromptRow> rows =
        new Rows<>(List.of(new PromptRow("a b c a", Optional.empty(), PLACE)), List.of());
    assertThat(new RowTokenizer(marked, 10).tokenizePrompts(rows, 7).rows().get(0).ids())
        .containsExactly(1, prompt[prompt.length - 2], prompt[prompt.length - 1]);
  }

  @Test
  void dropsARowWhoseCompletionDoesNotFitAlone() {
    Tokenized<TokenizedRow> rows =
        all(new RowTokenizer(bytes, 3), demonstration("a", "bc"), demonstration("a", "abc"));

    assertThat(rows.rows()).hasSize(1);
    assertIds(rows.rows().get(0).tree(), ids(), ids(68, 69, 0));
    assertThat(rows.report().droppedWhy())
        .containsExactly(Map.entry(DataReport.COMPLETION_TOO_LONG, 1));
  }

  @Test
  void cutsAComparisonsPromptByItsLongestCompletion() {
    Comparison pair = new Comparison("aabc", "b", "bc", 0.5, PLACE);
    TokenizedRow row = all(new RowTokenizer(bytes, 5), pair).rows().get(0);

    assertIds(row.tree(), ids(68, 69), ids(68, 0), ids(68, 69, 0));
    assertThat(row.margin()).isEqualTo(0.5);
    assertThat(row.cut()).isEqualTo(2);
    assertThat(row.row()).isSameAs(pair);
    assertThat(all(new RowTokenizer(bytes, 2), pair).rows()).isEmpty();
  }

  @Test
  void keepsARankingsOrder() {
    Comparison ranking = new Comparison("a", List.of("c", "b", "a"), 0, PLACE);
    assertIds(
        tree(new RowTokenizer(bytes, 9), ranking), ids(67), ids(69, 0), ids(68, 0), ids(67, 0));
  }

  @Test
  void dropsADemonstrationOfOneTokenThatNothingPredicts() {
    Tokenized<TokenizedRow> rows =
        all(new RowTokenizer(bytes, 9), demonstration("", ""), demonstration("", "a"));

    assertThat(rows.rows()).hasSize(1);
    assertThat(rows.report().droppedWhy()).containsOnlyKeys(DataReport.NOTHING_TO_TRAIN_ON);
  }

  @Test
  void cutsPromptsToLeaveRoomForWhatIsSampled() {
    Rows<PromptRow> rows =
        new Rows<>(
            List.of(
                new PromptRow("abc", Optional.of("x"), PLACE),
                new PromptRow("a", Optional.empty(), PLACE),
                new PromptRow("", Optional.empty(), PLACE)),
            List.of());

    Tokenized<TokenizedPrompt> prompts = new RowTokenizer(bytes, 10).tokenizePrompts(rows, 8);

    assertThat(prompts.rows())
        .extracting(TokenizedPrompt::ids)
        .containsExactly(ids(68, 69), ids(67));
    assertThat(prompts.rows()).extracting(TokenizedPrompt::cut).containsExactly(1, 0);
    assertThat(prompts.report().droppedWhy()).containsOnlyKeys(DataReport.EMPTY_PROMPT);
    assertThatExceptionOfType(UsageException.class)
        .isThrownBy(() -> new RowTokenizer(bytes, 10).tokenizePrompts(rows, 10))
        .withMessage(
            "--max-new-tokens: 10 leaves no room for a prompt in 10 tokens; lower --max-new-tokens"
                + " or raise --max-length");
  }

  @Test
  void refusesAPromptAloneAndALengthOfOne() {
    RowTokenizer tokenizer = new RowTokenizer(bytes, 9);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> all(tokenizer, new PromptRow("a", Optional.empty(), PLACE)));
    assertThatExceptionOfType(UsageException.class)
        .isThrownBy(() -> new RowTokenizer(bytes, 1))
        .withMessage("max-length: 1 is too short; give at least 2");
  }

  private static int[] ids(int... ids) {
    return ids;
  }

  private static int[] concat(int[] first, int[] second) {
    int[] all = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, all, first.length, second.length);
    return all;
  }
}
