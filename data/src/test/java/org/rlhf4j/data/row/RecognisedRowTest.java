package org.rlhf4j.data.row;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.rlhf4j.data.file.OnBadRow;
import org.rlhf4j.model.chat.ChatMessage;
import org.rlhf4j.settings.UserException;

/** What rows of each layout are read as, worked by hand; peers' ids are in LayoutFixturesTest. */
class RecognisedRowTest {

  private static final String HI = "{\"role\":\"user\",\"content\":\"Hi\"}";
  private static final String YO = "{\"role\":\"assistant\",\"content\":\"Yo.\"}";
  private static final String NO = "{\"role\":\"assistant\",\"content\":\"No!\"}";

  @TempDir Path folder;

  private <T extends Row> Rows<T> rows(String name, String content, RowKind<T> kind)
      throws IOException {
    Path file = Files.writeString(folder.resolve(name), content);
    return Rows.read(List.of(file), kind, OnBadRow.FAIL);
  }

  private Comparison comparison(String row) throws IOException {
    return rows("a.jsonl", row, RowKind.COMPARISONS).rows().get(0);
  }

  private Demonstration demonstration(String row) throws IOException {
    return rows("a.jsonl", row, RowKind.DEMONSTRATIONS).rows().get(0);
  }

  private FileRows read(String row, RowKind<? extends Row> kind) throws IOException {
    return rows("a.jsonl", row, kind).files().get(0);
  }

  /** Comparisons as prompt, completions best first. */
  static Stream<Arguments> comparisons() {
    String dialogue = "\\n\\nHuman: Is tea hot?\\n\\nAssistant:";
    return Stream.of(
        // repeated prompts come off
        arguments(
            "{\"prompt\":\"Q: a?\\nA:\",\"chosen\":\"Q: a?\\nA: Yes.\",\"rejected\":\"Q: a?\\nA: No.\"}",
            "Q: a?\nA:",
            List.of(" Yes.", " No.")),
        arguments(
            "{\"prompt\":\"Q: a?\",\"completions\":[\"Q: a? x\",\"Q: a? y\",\"Q: a? z\"]}",
            "Q: a?",
            List.of(" x", " y", " z")),
        arguments(
            "{\"prompt\":\"Is tea hot?\",\"chosen\":\""
                + dialogue
                + " Yes.\",\"rejected\":\""
                + dialogue
                + " No.\"}",
            "\n\nHuman: Is tea hot?\n\nAssistant:",
            List.of(" Yes.", " No.")),
        // only one side repeats it, or it is a word that an answer may begin with: nothing comes
        // off
        arguments(
            "{\"prompt\":\"Q: a?\",\"chosen\":\"Q: a? Yes.\",\"rejected\":\"No.\"}",
            "Q: a?",
            List.of("Q: a? Yes.", "No.")),
        arguments(
            "{\"prompt\":\"The\",\"chosen\":\"The cat\",\"rejected\":\"The dog\"}",
            "The",
            List.of("The cat", "The dog")),
        // scores, best first; ties are left out, and ranks count from the best
        arguments(
            "{\"prompt\":\"p\",\"completions\":[\"a\",\"b\",\"c\",\"d\"],\"scores\":[1,3,2,3]}",
            "p",
            List.of("b", "c", "a")),
        arguments(
            "{\"prompt\":\"p\",\"completions\":[\"a\",\"b\",\"c\"],\"ranks\":[3,1,2]}",
            "p",
            List.of("b", "c", "a")),
        arguments(
            "{\"instruction\":\"p\",\"models\":[\"x\",\"y\"],\"completions\":["
                + "{\"model\":\"x\",\"response\":\"a\",\"overall_score\":4.5},"
                + "{\"model\":\"y\",\"response\":\"b\",\"overall_score\":\"8\"}]}",
            "p",
            List.of("b", "a")),
        // messages: transcripts
        arguments(
            "{\"prompt\":\"Hi\",\"chosen\":["
                + HI
                + ","
                + YO
                + "],\"rejected\":["
                + HI
                + ","
                + NO
                + "]}",
            "user: Hi",
            List.of("assistant: Yo.", "assistant: No!")),
        arguments(
            "{\"input\":{\"messages\":["
                + HI
                + "],\"tools\":[]},\"preferred_output\":["
                + YO
                + "],\"non_preferred_output\":["
                + NO
                + "]}",
            "user: Hi",
            List.of("assistant: Yo.", "assistant: No!")),
        arguments(
            "{\"system\":\"S\",\"prompt\":\"Hi\",\"chosen\":\"Yo.\",\"rejected\":\"No!\"}",
            "system: S\nuser: Hi",
            List.of("assistant: Yo.", "assistant: No!")),
        arguments(
            "{\"system\":\"S\",\"chosen\":["
                + HI
                + ","
                + YO
                + "],\"rejected\":["
                + HI
                + ","
                + NO
                + "]}",
            "system: S\nuser: Hi",
            List.of("assistant: Yo.", "assistant: No!")),
        arguments(
            "{\"messages\":[" + HI + "],\"chosen\":" + YO + ",\"rejected\":" + NO + "}",
            "user: Hi",
            List.of("assistant: Yo.", "assistant: No!")));
  }

  @ParameterizedTest
  @MethodSource("comparisons")
  void readsComparisons(String row, String prompt, List<String> completions) throws IOException {
    Comparison comparison = comparison(row);
    assertThat(comparison.prompt()).isEqualTo(prompt);
    assertThat(comparison.completions()).isEqualTo(completions);
  }

  /** Demonstrations as prompt and completion. */
  static Stream<Arguments> demonstrations() {
    return Stream.of(
        arguments("{\"prompt\":\"2 + 2 =\",\"completion\":\"2 + 2 = 4\"}", "2 + 2 =", " 4"),
        arguments(
            "{\"instruction\":\"Name one.\",\"input\":\"birds\",\"output\":\"A wren.\"}",
            "user: Name one.\nbirds",
            "assistant: A wren."),
        arguments(
            "{\"prompt\":\"And?\",\"completion\":\"Yo.\",\"history\":[[\"Hi\",\"No!\"]]}",
            "user: Hi\nassistant: No!\nuser: And?",
            "assistant: Yo."),
        arguments(
            "{\"messages\":[" + HI + "],\"completion\":\"Yo.\"}", "user: Hi", "assistant: Yo."),
        arguments(
            "{\"messages\":[{\"role\":\"Human\",\"content\":[{\"type\":\"text\",\"text\":\"H\"},"
                + "{\"type\":\"text\",\"text\":\"i\"}]},{\"role\":\"model\",\"content\":\"Yo.\"}]}",
            "user: Hi",
            "assistant: Yo."),
        arguments(
            "{\"conversations\":[{\"from\":\"human\",\"value\":\"Hi\"},"
                + "{\"from\":\"function_call\",\"value\":\"{\\\"name\\\":\\\"f\\\",\\\"arguments\\\":{}}\"},"
                + "{\"from\":\"observation\",\"value\":\"1\"},{\"from\":\"gpt\",\"value\":\"One.\"}]}",
            "user: Hi",
            "assistant: [{type=function, function={name=f, arguments={}}}]\ntool: 1\nassistant: One."));
  }

  @ParameterizedTest
  @MethodSource("demonstrations")
  void readsDemonstrations(String row, String prompt, String completion) throws IOException {
    Demonstration demonstration = demonstration(row);
    assertThat(demonstration.prompt()).isEqualTo(prompt);
    assertThat(demonstration.completion()).isEqualTo(completion);
  }

  /** Rows that are refused, by a part of the message. */
  static Stream<Arguments> refused() {
    String unpaired = "{\"prompt\":\"p\",\"completion\":\"c\",\"label\":%s}";
    String steps = "{\"prompt\":\"p\",\"completions\":[\"a\",\"b\"],\"labels\":[true,false]}";
    return Stream.of(
        arguments(RowKind.DEMONSTRATIONS, unpaired.replace("%s", "true"), "as KTO takes it"),
        arguments(RowKind.COMPARISONS, unpaired.replace("%s", "0"), "as KTO takes it"),
        arguments(RowKind.PROMPTS, unpaired.replace("%s", "\"False\""), "as KTO takes it"),
        arguments(
            RowKind.DEMONSTRATIONS,
            "{\"messages\":[" + HI + "," + YO + "],\"label\":false}",
            "as KTO takes it"),
        arguments(RowKind.ANY, steps, "stepwise supervision"),
        arguments(RowKind.COMPARISONS, steps, "stepwise supervision"),
        arguments(
            RowKind.COMPARISONS,
            "{\"prompt\":\"p\",\"completions\":[\"a\",\"b\"],\"scores\":[2,2]}",
            "all completions have the same score"),
        arguments(
            RowKind.COMPARISONS,
            "{\"prompt\":\"p\",\"completions\":[\"a\",\"b\"],\"scores\":[2]}",
            "1 scores for 2 completions"),
        arguments(
            RowKind.COMPARISONS,
            "{\"question\":\"q\",\"chosen\":\"a\",\"rejected\":\"b\"}",
            "--columns prompt=question"),
        arguments(
            RowKind.DEMONSTRATIONS,
            "{\"prompt\":\"[{'role': 'user', 'content': \",\"completion\":\"c\"}",
            "can't be read as one"),
        arguments(
            RowKind.DEMONSTRATIONS,
            "{\"messages\":[" + HI + ",{\"role\":\"assistant\",\"content\":\"a\",\"weight\":0}]}",
            "nothing to train on"),
        arguments(
            RowKind.DEMONSTRATIONS,
            "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]},"
                + YO
                + "]}",
            "a part of type \"image_url\""),
        arguments(
            RowKind.COMPARISONS,
            "{\"prompt\":["
                + HI
                + "],\"chosen\":["
                + HI
                + ","
                + YO
                + "],\"rejected\":["
                + NO
                + "]}",
            "give whole dialogues without a prompt"),
        arguments(
            RowKind.DEMONSTRATIONS,
            "{\"question\":\"q\",\"answer\":\"a\"}",
            "--columns prompt=question,completion=answer"));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void refuses(RowKind<? extends Row> kind, String row, String message) {
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> rows("a.jsonl", row, kind))
        .withMessageContaining(message);
  }

  /** A hint is given only where the field fits and no other is lost. */
  @Test
  void hintsAtColumnsOnlyWhereNothingIsLost() {
    for (String row :
        List.of(
            "{\"id\":\"1\",\"scene\":\"s\"}",
            "{\"instruction\":\"i\",\"context\":\"c\",\"response\":\"r\"}",
            "{\"question\":\"q\",\"tags\":\"t\"}")) {
      assertThatExceptionOfType(UserException.class)
          .isThrownBy(() -> rows("a.jsonl", row, RowKind.DEMONSTRATIONS))
          .withMessageContaining("not a demonstration")
          .withMessageNotContaining("--columns");
    }
  }

  /** A label that isn't one is a field like others; so is one without a completion. */
  @Test
  void takesLabelsForGoodAndBadOnly() throws IOException {
    String row = "{\"prompt\":\"p\",\"completion\":\"c\",\"label\":\"sums\"}";
    assertThat(read(row, RowKind.DEMONSTRATIONS).ignored()).isEqualTo(Map.of("label", 1));
    assertThat(read("{\"text\":\"t\",\"label\":1}", RowKind.DEMONSTRATIONS).ignored())
        .containsKey("label");
    assertThat(read("{\"prompt\":\"p\",\"label\":1}", RowKind.PROMPTS).ignored())
        .containsKey("label");
    String marked = "{\"prompt\":\"p\",\"completion\":\"c\",\"label\":true}\n";
    FileRows counted = read(marked + marked + marked.replace("true", "false"), RowKind.ANY);
    assertThat(counted.forms())
        .isEqualTo(
            Map.of("prompt, completion, label true", 2, "prompt, completion, label false", 1));
  }

  @Test
  void namesWhatIsIgnoredAndGuessed() throws IOException {
    String row =
        "{\"prompt\":\"Hi\",\"prompt_id\":\"x\",\"chosen\":["
            + HI
            + ","
            + YO
            + "],\"rejected\":["
            + HI
            + ","
            + NO
            + "],\"messages\":["
            + HI
            + ","
            + YO
            + "],\"empty\":\"\",\"none\":null,\"margin\":1,\"score_chosen\":2,\"score_rejected\":7}";
    FileRows pairs = read(row, RowKind.COMPARISONS);
    assertThat(pairs.ignored().keySet())
        .containsExactly("prompt_id", "messages", "score_chosen", "score_rejected");
    assertThat(pairs.remarks()).isEqualTo(Map.of("give the chosen side the lower score", 1));
    assertThat(read(row, RowKind.DEMONSTRATIONS).ignored()).containsKey("margin");
    assertThat(read(row, RowKind.PROMPTS_WITH_FIELDS).ignored()).isEmpty();
    String inner =
        "{\"messages\":[" + HI + ",{\"role\":\"assistant\",\"content\":\"a\",\"id\":4}]}";
    assertThat(read(inner, RowKind.DEMONSTRATIONS).text())
        .endsWith("a.jsonl: read as messages; ignored: messages[].id");
    assertThat(read("{\"prompt\":\"p\",\"answer\":\"4\"}", RowKind.PROMPTS).saysMore()).isFalse();
  }

  @Test
  void readsListsThatAreText() throws IOException {
    String csv =
        "prompt,chosen,rejected,scores\n"
            + "\"[{'role': 'user', 'content': \"\"It's\\n\"\"}]\","
            + "\"[{\"\"role\"\":\"\"assistant\"\",\"\"content\"\":\"\"Yo.\"\"}]\","
            + "\"[{'content': 'No', 'role': 'assistant'}\n {'content': 'd', 'role': 'user'}]\",\n";
    Comparison row = rows("a.csv", csv, RowKind.COMPARISONS).rows().get(0);
    assertThat(row.messages().orElseThrow().prompt())
        .containsExactly(new ChatMessage("user", "It's\n"));
    assertThat(row.completions()).containsExactly("assistant: Yo.", "assistant: No\nuser: d");
    assertThat(ListText.parse("array(['a', 'b\\x41\\u00e9'], dtype=object)").orElseThrow())
        .hasToString("[\"a\",\"bAé\"]");
    assertThat(ListText.parse("{'a': None, 'b': (1, -2.5, True)}").orElseThrow())
        .hasToString("{\"a\":null,\"b\":[1,-2.5,true]}");
    for (String text : List.of("", "[", "['a'", "{'a'}", "[1] x", "['\\u12']", "[a b]")) {
      assertThat(ListText.parse(text)).as(text).isEmpty();
    }
  }

  /** A text that only looks like a list at its beginning stays what it is. */
  @Test
  void leavesTextAlone() throws IOException {
    Demonstration row = demonstration("{\"prompt\":\"[1, 2\",\"completion\":\"[{'a': 1}]\"}");
    assertThat(row.prompt()).isEqualTo("[1, 2");
    assertThat(row.completion()).isEqualTo("[{'a': 1}]");
    assertThat(demonstration("{\"prompt\":\"p\",\"completion\":\"c\",\"messages\":\"m\"}").prompt())
        .isEqualTo("p");
  }
}
