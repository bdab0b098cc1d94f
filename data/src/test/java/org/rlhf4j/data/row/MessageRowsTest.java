package org.rlhf4j.data.row;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.data.file.OnBadRow;
import org.rlhf4j.data.file.RowFiles;
import org.rlhf4j.data.file.RowFormat;
import org.rlhf4j.data.split.SplitFiles;
import org.rlhf4j.data.split.SplitRows;
import org.rlhf4j.data.token.RowTokenizer;
import org.rlhf4j.data.token.Tokenized;
import org.rlhf4j.data.token.TokenizedPrompt;
import org.rlhf4j.data.token.TokenizedRow;
import org.rlhf4j.data.token.TrainedPart;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.chat.ChatMessage;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.settings.UserException;

/** Rows of messages: what is read, what becomes of it as text and as token ids. */
class MessageRowsTest {

  private static final String HI = "{\"role\":\"user\",\"content\":\"Hi\"}";
  private static final String YO = "{\"role\":\"assistant\",\"content\":\"Yo.\"}";
  private static final String NO = "{\"role\":\"assistant\",\"content\":\"No!\"}";
  private static final String AND = "{\"role\":\"user\",\"content\":\"And?\"}";

  /** Every turn ends in the tokenizer's EOS but for the user's. */
  private static final String TEMPLATE =
      "{% for m in messages %}{{ m.role[0] ~ ': ' ~ m.content }}"
          + "{{ eos_token if m.role == 'assistant' }}{{ '\\n' }}{% endfor %}"
          + "{% if add_generation_prompt %}a: {% endif %}";

  @TempDir Path folder;
  private Path model;

  @BeforeEach
  void copyTokenizer() throws IOException {
    model = Files.createDirectory(folder.resolve("model"));
    copy("byte-bpe", TEMPLATE);
  }

  private void copy(String tokenizer, String template) throws IOException {
    try (Stream<Path> files = Files.list(Path.of("src/test/resources/tokenizers", tokenizer))) {
      for (Path file : files.toList()) {
        Files.copy(
            file,
            model.resolve(file.getFileName()),
            java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      }
    }
    Files.writeString(model.resolve("chat_template.jinja"), template);
  }

  @Test
  void assistantTurnsAloneAreTrainedOn() throws IOException {
    TokenizedRow row = tokenized(RowKind.DEMONSTRATIONS, messages(HI, YO, AND, NO), 100);
    assertThat(said(row)).containsExactly("Yo.<|endoftext|>", "No!<|endoftext|>");
    assertThat(text(row)).isEqualTo("u: Hi\na: Yo.<|endoftext|>\nu: And?\na: No!<|endoftext|>");
    assertThat(row.row().prompt()).isEqualTo("u: Hi\na: ");
  }

  @Test
  void whatFollowsTheLastAnswerIsLeftOut() throws IOException {
    TokenizedRow row = tokenized(RowKind.DEMONSTRATIONS, messages(HI, YO, AND), 100);
    assertThat(text(row)).isEqualTo("u: Hi\na: Yo.<|endoftext|>");
  }

  @Test
  void turnsOfThePromptAreNotTrainedOn() throws IOException {
    String row = "{\"prompt\":[" + HI + "," + YO + "," + AND + "],\"completion\":[" + NO + "]}";
    TokenizedRow tokenized = tokenized(RowKind.DEMONSTRATIONS, row, 100);
    assertThat(said(tokenized)).containsExactly("No!<|endoftext|>");
    assertThat(tokenized.row().prompt()).isEqualTo("u: Hi\na: Yo.<|endoftext|>\nu: And?\na: ");
  }

  @Test
  void anEndIsAppendedAndTrainedOnWhereTheTemplateHasNoStopId() throws IOException {
    copy("byte-bpe", "{% for m in messages %}{{ m.content }}|{% endfor %}");
    TokenizedRow row = tokenized(RowKind.DEMONSTRATIONS, messages(HI, YO, AND, NO), 100);
    assertThat(said(row)).containsExactly("Yo.|", "No!|<|endoftext|>");
  }

  /** As Phi-3's does: a token that is no stop id closes each turn, and EOS the dialogue. */
  @Test
  void theEndThatTheTemplateWritesAfterTheLastTurnIsTrainedOn() throws IOException {
    copy(
        "byte-bpe",
        "{% for m in messages %}{{ m.role[0] ~ ': ' ~ m.content }}<|turn|>\n{% endfor %}"
            + "{% if add_generation_prompt %}a: {% else %}{{ eos_token }}{% endif %}");
    Files.writeString(model.resolve("generation_config.json"), "{\"eos_token_id\": 0}");
    TokenizedRow row = tokenized(RowKind.DEMONSTRATIONS, messages(HI, YO, AND, NO), 100);
    assertThat(said(row)).containsExactly("Yo.<|turn|>", "No!<|turn|>\n<|endoftext|>");
    TokenizedRow open = tokenized(RowKind.DEMONSTRATIONS, messages(HI, YO, AND), 100);
    assertThat(said(open)).containsExactly("Yo.<|turn|><|endoftext|>");
    String context = "{\"role\":\"assistant\",\"content\":\"No!\",\"weight\":0}";
    TokenizedRow one = tokenized(RowKind.DEMONSTRATIONS, messages(HI, YO, AND, context), 100);
    assertThat(said(one)).containsExactly("Yo.<|turn|><|endoftext|>");
  }

  /** Without the last answer it fits; without both it doesn't, however much of the prompt goes. */
  @Test
  void aLongDialogueMayEndWithTheLastTurnThatFits() throws IOException {
    String dialogue = messages(HI, YO, AND, NO, AND, YO);
    int length = tokenized(RowKind.DEMONSTRATIONS, dialogue, 100).tree().length();
    Tokenized<TokenizedRow> fits = cutAtTurns(dialogue, length);
    assertThat(said(fits.rows().get(0))).hasSize(3);
    assertThat(fits.report().cutTurns()).isZero();
    Tokenized<TokenizedRow> cut = cutAtTurns(dialogue, length - 1);
    TokenizedRow row = cut.rows().get(0);
    assertThat(text(row)).isEqualTo("u: Hi\na: Yo.<|endoftext|>\nu: And?\na: No!<|endoftext|>");
    assertThat(said(row)).containsExactly("Yo.<|endoftext|>", "No!<|endoftext|>");
    assertThat(row.cut()).isZero();
    Demonstration rendered = (Demonstration) row.row();
    assertThat(rendered.completion()).isEqualTo("Yo.<|endoftext|>\nu: And?\na: No!<|endoftext|>");
    assertThat(cut.report().cutDialogues()).isEqualTo(1);
    assertThat(cut.report().cutTurns()).isEqualTo(1);
    assertThat(cut.report().text()).contains("; 1 dialogues cut after a turn, 1 turns lost; 0 dr");
    int first = tokenized(RowKind.DEMONSTRATIONS, messages(HI, YO), 100).tree().length();
    Tokenized<TokenizedRow> one = cutAtTurns(dialogue, first);
    assertThat(text(one.rows().get(0))).isEqualTo("u: Hi\na: Yo.<|endoftext|>");
    assertThat(one.report().cutTurns()).isEqualTo(2);
    // The prompt gives way where nothing else fits, and then the row.
    TokenizedRow without = cutAtTurns(dialogue, first - 1).rows().get(0);
    assertThat(said(without)).containsExactly("Yo.<|endoftext|>");
    assertThat(without.cut()).isEqualTo(1);
    assertThat(cutAtTurns(dialogue, 3).rows()).isEmpty();
  }

  /** An end of ours has room too. */
  @Test
  void aTurnThatIsCutEndsInAStopId() throws IOException {
    copy("byte-bpe", "{% for m in messages %}{{ m.content }}|{% endfor %}");
    int first = tokenized(RowKind.DEMONSTRATIONS, messages(HI, YO), 100).tree().length();
    TokenizedRow row = cutAtTurns(messages(HI, YO, AND, NO), first).rows().get(0);
    assertThat(said(row)).containsExactly("Yo.|<|endoftext|>");
    assertThat(row.tree().length()).isEqualTo(first);
    assertThat(row.cut()).isZero();
  }

  private Tokenized<TokenizedRow> cutAtTurns(String row, int maxLength) throws IOException {
    try (Tokenizer tokenizer = Tokenizer.load(model)) {
      return new RowTokenizer(tokenizer, maxLength, List.of(TrainedPart.COMPLETION), true)
          .tokenize(read(RowKind.DEMONSTRATIONS, row));
    }
  }

  @Test
  void aLongPromptLosesItsBeginningAndALongDialogueIsDropped() throws IOException {
    TokenizedRow whole = tokenized(RowKind.DEMONSTRATIONS, messages(HI, YO), 100);
    int completion = whole.tree().completionTokens();
    TokenizedRow cut = tokenized(RowKind.DEMONSTRATIONS, messages(HI, YO), completion + 1);
    assertThat(cut.tree().prompt()).hasSize(1);
    assertThat(cut.completionMask()).isEqualTo(whole.completionMask());
    assertThat(rows(RowKind.DEMONSTRATIONS, messages(HI, YO), completion - 1).report().dropped())
        .isOne();
  }

  @Test
  void trainingOnThePromptTooIsEveryToken() throws IOException {
    try (Tokenizer tokenizer = Tokenizer.load(model)) {
      TokenizedRow row =
          new RowTokenizer(tokenizer, 100, List.of(TrainedPart.PROMPT, TrainedPart.COMPLETION))
              .tokenize(read(RowKind.DEMONSTRATIONS, messages(HI, YO)))
              .rows()
              .get(0);
      assertThat(row.tree().prompt()).isEmpty();
      assertThat(row.completionMask()).doesNotContain(false);
    }
  }

  @Test
  void comparisonsSharePrompts() throws IOException {
    String split = "{\"chosen\":[" + HI + "," + YO + "],\"rejected\":[" + HI + "," + NO + "]}";
    String given = "{\"prompt\":[" + HI + "],\"chosen\":[" + YO + "],\"rejected\":[" + NO + "]}";
    String texts = "{\"prompt\":\"Hi\",\"chosen\":[" + YO + "],\"rejected\":[" + NO + "]}";
    String repeated =
        "{\"prompt\":\"Hi\",\"chosen\":["
            + HI
            + ","
            + YO
            + "],\"rejected\":["
            + HI
            + ","
            + NO
            + "]}";
    String ranking = "{\"prompt\":[" + HI + "],\"completions\":[[" + YO + "],[" + NO + "]]}";
    for (String row : List.of(split, given, texts, repeated, ranking)) {
      TokenizedRow tokenized = tokenized(RowKind.COMPARISONS, row, 100);
      assertThat(tokenized.row())
          .as(row)
          .isEqualTo(
              new Comparison(
                  "u: Hi\na: ",
                  "Yo.<|endoftext|>",
                  "No!<|endoftext|>",
                  0,
                  tokenized.row().location()));
      Comparison read = read(RowKind.COMPARISONS, row).rows().get(0);
      assertThat(read.splitKey()).as(row).isEqualTo("user: Hi");
      assertThat(read.demonstration().splitKey()).isEqualTo("user: Hi");
      assertThat(tokenized.tree().completions().get(1)).endsWith(0);
    }
  }

  @Test
  void promptsEndWhereTheAssistantBegins() throws IOException {
    for (String row :
        List.of(
            messages(HI, YO, AND),
            messages(HI, YO, AND, NO),
            "{\"prompt\":[" + HI + "," + YO + "," + AND + "],\"completion\":\"x\"}")) {
      try (Tokenizer tokenizer = Tokenizer.load(model)) {
        TokenizedPrompt prompt =
            new RowTokenizer(tokenizer, 100)
                .tokenizePrompts(read(RowKind.PROMPTS, row), 10)
                .rows()
                .get(0);
        assertThat(tokenizer.decodeRaw(prompt.ids()))
            .isEqualTo("u: Hi\na: Yo.<|endoftext|>\nu: And?\na: ")
            .isEqualTo(prompt.row().prompt());
      }
    }
  }

  /** The prompt that a policy reads goes with the messages, which another model reads its way. */
  @Test
  void answersToAPromptsMessagesReadAsComparisonsDo() throws IOException {
    String given = "{\"prompt\":[" + HI + "],\"chosen\":[" + YO + "],\"rejected\":[" + NO + "]}";
    TokenTree expected = tokenized(RowKind.COMPARISONS, given, 100).tree();
    try (Tokenizer tokenizer = Tokenizer.load(model)) {
      RowTokenizer rows = new RowTokenizer(tokenizer, 100);
      PromptRow row =
          rows.tokenizePrompts(read(RowKind.PROMPTS, messages(HI)), 10).rows().get(0).row();
      Conversation conversation = row.conversation().orElseThrow();
      assertThat(conversation.messages()).containsExactly(new ChatMessage("user", "Hi"));
      assertThat(conversation.location()).isEqualTo(row.location());
      TokenTree both = rows.answered(conversation, List.of("Yo.", "No!"));
      TokenTree one = rows.answered(conversation, List.of("No!"));
      assertThat(both.prompt()).containsExactly(expected.prompt());
      assertThat(both.completions()).containsExactlyElementsOf(expected.completions());
      assertThat(one.prompt()).containsExactly(expected.prompt());
      assertThat(one.completions()).containsExactly(expected.completions().get(1));
      String empty =
          tokenizer.decodeRaw(rows.answered(conversation, List.of("")).completions().get(0));
      assertThat(empty).isEqualTo("<|endoftext|>");
    }
    assertThat(read(RowKind.PROMPTS, "{\"prompt\":\"Hi\"}").rows().get(0).conversation()).isEmpty();
  }

  /**
   * A prompt that ends in the beginning of an answer is gone on with, and trained on from there.
   */
  @Test
  void aBegunAnswerGoesOn() throws IOException {
    String begun = "{\"prompt\":[" + HI + ",{\"role\":\"assistant\",\"content\":\"Well,\"}]";
    TokenizedRow row = tokenized(RowKind.DEMONSTRATIONS, begun + ",\"completion\":\" yes.\"}", 100);
    assertThat(text(row)).isEqualTo("u: Hi\na: Well, yes.<|endoftext|>");
    assertThat(said(row)).containsExactly(" yes.<|endoftext|>");
    String pair = begun + ",\"chosen\":\" yes.\",\"rejected\":\" no.\"}";
    TokenTree tree = tokenized(RowKind.COMPARISONS, pair, 100).tree();
    try (Tokenizer tokenizer = Tokenizer.load(model)) {
      RowTokenizer rows = new RowTokenizer(tokenizer, 100);
      PromptRow prompt =
          rows.tokenizePrompts(read(RowKind.PROMPTS, begun + "}"), 10).rows().get(0).row();
      assertThat(prompt.prompt()).isEqualTo("u: Hi\na: Well,");
      TokenTree answered =
          rows.answered(prompt.conversation().orElseThrow(), List.of(" yes.", " no."));
      assertThat(answered.prompt()).containsExactly(tree.prompt());
      assertThat(answered.completions()).containsExactlyElementsOf(tree.completions());
    }
  }

  @Test
  void turnsOfWeightZeroAreContext() throws IOException {
    String context = YO.replace("}", ",\"weight\":0}");
    TokenizedRow row =
        tokenized(
            RowKind.DEMONSTRATIONS,
            messages(HI, YO, AND, context, AND, NO.replace("}", ",\"weight\":1}")),
            100);
    assertThat(said(row)).containsExactly("Yo.<|endoftext|>", "No!<|endoftext|>");
    TokenizedRow last = tokenized(RowKind.DEMONSTRATIONS, messages(HI, NO, AND, context), 100);
    assertThat(text(last)).isEqualTo("u: Hi\na: No!<|endoftext|>");
  }

  @Test
  void whatTheTemplateHasNoPlaceForIsRefused() {
    String called = YO.replace("}", ",\"tool_calls\":[{\"name\":\"f\",\"arguments\":\"{}\"}]}");
    String thought = YO.replace("}", ",\"reasoning_content\":\"hm\"}");
    String tools = messages(HI, YO).replace("]}", "],\"tools\":[{\"name\":\"f\"}]}");
    for (String row : List.of(messages(HI, called), messages(HI, thought), tools)) {
      assertThatExceptionOfType(UserException.class)
          .as(row)
          .isThrownBy(() -> tokenized(RowKind.DEMONSTRATIONS, row, 100))
          .withMessageContaining("which the chat template doesn't write");
    }
  }

  /** Of a row with ids that the model doesn't have, the place is told; it can be skipped. */
  @Test
  void idsBeyondTheModelAreRefused() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("b.jsonl"),
            "{\"prompt\":\"a\",\"completion\":\"b\"}\n{\"prompt\":\"a\",\"completion\":\"é\"}\n");
    RowFiles files = RowFiles.of(List.of(file), RowFormat.USUAL);
    SplitFiles split = new SplitFiles(files, RowFiles.of(List.of(), RowFormat.USUAL), 0);
    try (Tokenizer tokenizer = Tokenizer.load(model)) {
      RowTokenizer rows = new RowTokenizer(tokenizer, 100).within(100);
      String message = file + ":2:1: the model has 100 tokens, and the id ";
      assertThatExceptionOfType(UserException.class)
          .isThrownBy(() -> SplitRows.read(split, RowKind.DEMONSTRATIONS, OnBadRow.FAIL, rows))
          .withMessageStartingWith(message);
      assertThatExceptionOfType(UserException.class)
          .isThrownBy(() -> rows.tokenizePrompts(read(RowKind.PROMPTS, "{\"prompt\":\"é\"}"), 9))
          .withMessageContaining("the model has 100 tokens");
      SplitRows kept = SplitRows.read(split, RowKind.DEMONSTRATIONS, OnBadRow.SKIP, rows);
      assertThat(kept.report().training().read()).isOne();
      assertThat(kept.report().training().skippedRows().get(0)).startsWith(message);
    }
  }

  @Test
  void anyRowIsToldByItsEnd() throws IOException {
    assertThat(read(RowKind.ANY, messages(HI, YO)).rows().get(0)).isInstanceOf(Demonstration.class);
    assertThat(read(RowKind.ANY, messages(HI)).rows().get(0))
        .extracting(Row::messages)
        .isEqualTo(Optional.of(new Messages(List.of(new ChatMessage("user", "Hi")), List.of())));
    String pair = "{\"prompt\":\"p\",\"chosen\":[" + YO + "],\"rejected\":\"No\"}";
    assertThat(read(RowKind.ANY, pair).rows().get(0)).isInstanceOf(Comparison.class);
  }

  @Test
  void bosIsTheTemplatesAndStandsOnce() throws IOException {
    copy("metaspace-bpe", "{{ bos_token }}" + TEMPLATE);
    try (Tokenizer tokenizer = Tokenizer.load(model)) {
      int bos = tokenizer.bosId().orElseThrow();
      TokenizedRow row = tokenized(RowKind.DEMONSTRATIONS, messages(HI, YO), 100);
      assertThat(row.tree().prompt()[0]).isEqualTo(bos);
      assertThat(Arrays.stream(row.tree().prompt()).filter(id -> id == bos)).hasSize(1);
      copy("metaspace-bpe", TEMPLATE); // one that wants no BOS gets none
      assertThat(tokenized(RowKind.DEMONSTRATIONS, messages(HI, YO), 100).tree().prompt())
          .doesNotContain(bos);
      assertThat(tokenizer.encode("<s>a")).isEqualTo(tokenizer.encodeRaw("<s>a"));
      assertThat(tokenizer.encode("a")).startsWith(bos);
    }
  }

  @Test
  void refusalsHaveTheRowsPlace() throws IOException {
    Path file = folder.resolve("a.jsonl");
    copy("byte-bpe", "{% if messages|length > 1 %}{{ raise_exception('too many') }}{% endif %}");
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> tokenized(RowKind.DEMONSTRATIONS, messages(HI, YO), 100))
        .withMessage(
            file
                + ":1:1: "
                + model.resolve("chat_template.jinja")
                + ":1: the template refuses these messages (too many); change them");
    Files.delete(model.resolve("chat_template.jinja"));
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> tokenized(RowKind.DEMONSTRATIONS, messages(HI, YO), 100))
        .withMessageStartingWith(model + ": it has no chat template");
  }

  private static String messages(String... messages) {
    return "{\"messages\":[" + String.join(",", messages) + "]}";
  }

  private <T extends Row> Rows<T> read(RowKind<T> kind, String row) throws IOException {
    Path file = Files.writeString(folder.resolve("a.jsonl"), row + "\n");
    return Rows.read(List.of(file), kind, OnBadRow.FAIL);
  }

  private Tokenized<TokenizedRow> rows(RowKind<? extends Row> kind, String row, int maxLength)
      throws IOException {
    try (Tokenizer tokenizer = Tokenizer.load(model)) {
      return new RowTokenizer(tokenizer, maxLength).tokenize(read(kind, row));
    }
  }

  private TokenizedRow tokenized(RowKind<? extends Row> kind, String row, int maxLength)
      throws IOException {
    return rows(kind, row, maxLength).rows().get(0);
  }

  private String text(TokenizedRow row) {
    int[] ids =
        IntStream.concat(
                Arrays.stream(row.tree().prompt()), Arrays.stream(row.tree().completions().get(0)))
            .toArray();
    try (Tokenizer tokenizer = Tokenizer.load(model)) {
      return tokenizer.decodeRaw(ids);
    }
  }

  /** The trained runs of tokens as text. */
  private List<String> said(TokenizedRow row) {
    int[] ids = row.tree().completions().get(0);
    List<String> said = new ArrayList<>();
    try (Tokenizer tokenizer = Tokenizer.load(model)) {
      int begin = 0;
      for (int i = 0; i <= ids.length; i++) {
        boolean trained = i < ids.length && row.completionMask()[i];
        if (!trained && i > begin) {
          said.add(tokenizer.decodeRaw(Arrays.copyOfRange(ids, begin, i)));
        }
        begin = trained ? begin : i + 1;
      }
    }
    return said;
  }
}
