package org.rlhf4j.cli.rows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.rlhf4j.cli.Outcome.rlhf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.cli.Outcome;
import org.rlhf4j.data.file.Location;
import org.rlhf4j.data.row.PromptRow;
import org.rlhf4j.data.token.TokenizedPrompt;
import org.rlhf4j.model.tokenizer.Tokenizer;

/** rlhf inspect: what became of the rows, and some of them as tokens. */
class InspectCommandTest {

  private static final String MODEL =
      "../language-model/src/test/resources/fixtures/llama-gqa-tied";

  private static final String BYTES = "../data/src/test/resources/tokenizers/byte-bpe";

  @TempDir Path folder;

  private static Outcome inspect(Path data, String... more) {
    return inspectFor(MODEL, data, more);
  }

  private static Outcome inspectFor(String model, Path data, String... more) {
    return rlhf(
        Stream.concat(
                Stream.of("inspect", "--model", model, "--data", data.toString(), "--threads", "1"),
                Stream.of(more))
            .toArray(String[]::new));
  }

  private Path data(String... lines) throws IOException {
    return Files.write(folder.resolve("rows.jsonl"), List.of(lines));
  }

  @Test
  void marksTheTokensThatAreTrainedOn() throws IOException {
    Path data = data("{\"prompt\":\"ab\",\"chosen\":\"c\\n\",\"rejected\":\"b\"}");
    Outcome outcome = inspect(data, "--eval-fraction", "0");

    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.lines().get(0))
        .startsWith("training rows: 1 rows read, 1 kept (1 of prompt, chosen, rejected); 0 prompts")
        .contains("; the end is kept in 100.0 %; 0 duplicates");
    assertThat(outcome.lines().subList(1, 6))
        .containsExactly(
            "",
            "[trained on], (not trained on)",
            data + ":1:1",
            "  prompt: (a)(b)",
            "  chosen: [c][\\n][<|endoftext|>]");
    assertThat(outcome.lines().get(6)).isEqualTo("  rejected: [b][<|endoftext|>]");
  }

  @Test
  void ofATextTheFirstTokenIsNotTrainedOnAndOfATrainedPromptTheOthersAre() throws IOException {
    Path data = data("{\"text\":\"ab\"}", "{\"prompt\":\"ab\",\"completion\":\"c\"}");
    Outcome outcome =
        inspect(data, "--eval-fraction", "0", "--train-on", "prompt,completion", "--rows", "2");

    assertThat(outcome.lines())
        .containsSequence(data + ":1:1", "  text: (a)[b][<|endoftext|>]")
        .containsSequence(data + ":2:1", "  prompt and completion: (a)[b][c][<|endoftext|>]");
  }

  /** As in sft: the mask that is shown is the one that is trained by. */
  @Test
  void ofADialogueTheAssistantsTurnsAloneAreMarked() throws IOException {
    Path data =
        data(
            "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"b\"},"
                + "{\"role\":\"user\",\"content\":\"c\"},{\"role\":\"assistant\",\"content\":\"d\"}]}");
    Path model = Files.createDirectory(folder.resolve("model"));
    try (Stream<Path> files = Files.list(Path.of(MODEL))) {
      for (Path file : files.toList()) {
        Files.copy(file, model.resolve(file.getFileName()));
      }
    }
    Files.writeString(
        model.resolve("chat_template.jinja"),
        "{% for m in messages %}{{ m.role[0] ~ m.content ~ eos_token }}{% endfor %}"
            + "{% if add_generation_prompt %}a{% endif %}");
    Outcome outcome = inspectFor(model.toString(), data, "--eval-fraction", "0");

    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.lines())
        .containsSequence(
            "  prompt: (u)(a)(<|endoftext|>)(a)",
            "  completion: [b][<|endoftext|>](u)(c)(<|endoftext|>)(a)[d][<|endoftext|>]");
  }

  @Test
  void saysWhatIsCutFromWhatIsTrainedOn() throws IOException {
    Path data = data("{\"prompt\":\"abcd\",\"completion\":\"c\"}", "{\"prompt\":\"abcd\"}");
    Outcome outcome =
        inspect(
            data,
            "--eval-fraction",
            "0",
            "--max-length",
            "4",
            "--max-new-tokens",
            "1",
            "--train-on",
            "prompt,completion");

    assertThat(outcome.lines().get(0))
        .contains("2 prompts cut to fit 4 tokens, 2 tokens not trained on");
    assertThat(outcome.lines())
        .containsSequence(
            "  prompt without its first 2 tokens",
            "  prompt and completion: (c)[d][c][<|endoftext|>]")
        .containsSequence("  prompt without its first 1 tokens", "  prompt: (b)(c)(d)");
  }

  @Test
  void listsSkippedRowsAndPromptsOnBothSides() throws IOException {
    Path data = data("{\"prompt\":\"a\"}", "{}", "{\"prompt\":\"b\"}");
    Path held = Files.writeString(folder.resolve("held.jsonl"), "{\"prompt\":\"b\"}\n");
    Outcome outcome =
        inspect(
            data,
            "--eval-data",
            held.toString(),
            "--on-bad-row",
            "skip",
            "--rows",
            "0",
            "--max-length",
            "64",
            "--max-new-tokens",
            "8");

    assertThat(outcome.lines()).hasSize(4);
    assertThat(outcome.lines().get(0))
        .startsWith("training rows: 2 rows read, 2 kept (2 of prompt); 1 bad rows skipped;");
    assertThat(outcome.lines().get(1)).startsWith("  skipped: " + data + ":2:1: no field says");
    assertThat(outcome.lines().get(2))
        .startsWith("held-out rows: 1 rows read, 1 kept (1 of prompt);");
    assertThat(outcome.lines().get(3)).startsWith("prompts on both sides: 1 held-out rows have");
  }

  @Test
  void stopsAfterTheReportWhereTooManyRowsAreDropped() throws IOException {
    Path data = data("{\"text\":\"ab\"}", "{\"text\":\"abcdefgh\"}");
    Outcome outcome =
        inspect(data, "--eval-fraction", "0", "--max-length", "4", "--max-dropped", "0.05");

    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.lines().get(0)).contains("1 dropped (completion too long: 1)");
    assertThat(outcome.err())
        .isEqualTo(
            "rlhf: 1 of 2 rows would be dropped (completion too long: 1), which is more than"
                + " --max-dropped 0.05 allows; raise --max-length (4) or --max-dropped\n");
  }

  @Test
  void writesOutWhatWouldSpeakToTheTerminal() throws IOException {
    Path data = data("{\"text\":\"a\\u001b[31m\\u202e\"}");
    Outcome outcome =
        rlhf("inspect", "--model", BYTES, "--data", data.toString(), "--eval-fraction", "0");
    assertThat(outcome.out() + outcome.err())
        .contains("(a)[\\u001b]")
        .doesNotContain("\u001b", "\u202e");
  }

  @Test
  void coloursTokensByTurns() {
    try (Tokenizer tokenizer = Tokenizer.load(Path.of(MODEL))) {
      TokenLines lines = new TokenLines(tokenizer, true);
      PromptRow row = new PromptRow("abc", Optional.empty(), new Location("f", 1, 1));
      lines.add(TokenLines.Shown.of(new TokenizedPrompt(tokenizer.encode("abc"), row, 0)));

      assertThat(lines.lines().get(3))
          .isEqualTo("  prompt: \u001B[90ma\u001B[37mb\u001B[90mc\u001B[0m");
      assertThat(lines.lines().get(1)).contains("\u001B[32mtrained on");
    }
  }
}
