package org.rlhf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.rlhf4j.cli.Outcome.rlhf;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.reward.Manifest;
import org.rlhf4j.settings.Precision;

/** logprobs, score and generate: one JSON line for each row, in the order of the rows. */
class TextCommandsTest {

  private static final Path FIXTURES = Path.of("../language-model/src/test/resources/fixtures");
  private static final String MODEL = FIXTURES.resolve("llama-gqa-tied").toString();
  private static final String REWARD = FIXTURES.resolve("llama-reward").toString();
  private static final int EOS = 0;

  @TempDir private Path folder;

  /** Each command's numbers are those of the model in bf16, which aren't those in fp32. */
  @Test
  void computeInBf16WhereThatIsAskedFor() throws IOException {
    String data = data("{'prompt': 'the rain', 'completion': ' is ending'}");
    TokenTree row = TokenTree.of(new int[0], new int[] {76, 4, 66, 49, 78, 93, 4, 90, 52, 87});
    float[] ours = floats(in("bf16", "logprobs", "--model", MODEL, "--data", data).get("logprobs"));
    try (LanguageModel model = LanguageModel.load(Path.of(MODEL), Precision.BF16)) {
      float[] logprobs = model.logprobs(PackedTokens.of(List.of(row)), 1).logprobs();
      assertThat(ours).containsExactly(logprobs, within(1e-5f));
    }
    float[] exact =
        floats(in("fp32", "logprobs", "--model", MODEL, "--data", data).get("logprobs"));
    assertThat(Math.abs(ours[0] - exact[0])).isGreaterThan(1e-5f);

    assertThat(in("bf16", "score", "--reward-model", REWARD, "--data", data))
        .isNotEqualTo(in("fp32", "score", "--reward-model", REWARD, "--data", data));
    String[] sampled = {"generate", "--model", MODEL, "--data", data, "--max-new-tokens", "4"};
    assertThat(in("bf16", sampled).get("completion_ids")).isNotEmpty();
  }

  private JsonNode in(String precision, String... args) throws IOException {
    List<String> all = new ArrayList<>(List.of(args));
    all.addAll(List.of("--precision", precision));
    return rlhf(all.toArray(String[]::new)).jsonLines().get(0);
  }

  @Test
  void logprobsOfTextsAndOfPromptsWithCompletions() throws IOException {
    String data =
        data(
            "{'text': 'the rain is ending'}",
            "{'prompt': 'the rain', 'completion': ' is ending'}",
            "{'text': ' '}",
            "{'text': ''}");
    List<JsonNode> lines = rlhf("logprobs", "--model", MODEL, "--data", data).jsonLines();

    int[] ids = {76, 4, 66, 49, 78, 93, 4, 90, 52, 87}; // as transformers' fixture has them
    try (LanguageModel model = LanguageModel.load(Path.of(MODEL))) {
      float[] logprobs =
          model.logprobs(PackedTokens.of(List.of(TokenTree.of(new int[0], ids))), 1).logprobs();
      for (JsonNode line : lines.subList(0, 2)) {
        assertThat(ints(line.get("ids"))).containsExactly(ids);
        assertThat(floats(line.get("logprobs"))).containsExactly(logprobs, within(1e-5f));
      }
    }
    assertThat(lines.get(2).toString()).isEqualTo("{\"ids\":[4],\"logprobs\":[]}");
    assertThat(lines.get(3).toString()).isEqualTo("{\"ids\":[],\"logprobs\":[]}");
  }

  @Test
  void messagesAreWrittenByTheModelsTemplate() throws IOException {
    String model = modelWithTemplate();
    String hi = "{'role': 'user', 'content': 'the rain'}";
    String yo = "{'role': 'assistant', 'content': 'is ending'}";
    String data =
        data("{'messages': [" + hi + "," + yo + "]}", "{'messages': [" + yo + "," + yo + "]}");

    Outcome logprobs = rlhf("logprobs", "--model", model, "--data", data, "--on-bad-row", "skip");
    try (LanguageModel loaded = LanguageModel.load(Path.of(model))) {
      assertThat(ints(logprobs.jsonLines().get(0).get("ids")))
          .containsExactly(loaded.tokenizer().encodeRaw("(the rain)(is ending)"));
    }
    assertThat(logprobs.jsonLines().get(1).get("error").asText())
        .startsWith(data + ":2:1: ")
        .endsWith(":1: the template refuses these messages (twice); change them");

    Outcome generated = rlhf("generate", "--model", model, "--data", data, "--max-new-tokens", "4");
    assertThat(generated.jsonLines().get(0).get("prompt").asText()).isEqualTo("(the rain)(");
    // What the assistant has begun is continued, as transformers' continue_final_message does.
    assertThat(generated.jsonLines().get(1).get("prompt").asText()).isEqualTo("(is ending");
  }

  private String modelWithTemplate() throws IOException {
    Path model = Files.createDirectory(folder.resolve("model"));
    try (Stream<Path> files = Files.list(Path.of(MODEL)).filter(Files::isRegularFile)) {
      for (Path file : files.toList()) {
        Files.copy(file, model.resolve(file.getFileName()));
      }
    }
    Files.writeString(
        model.resolve("chat_template.jinja"),
        "{% for m in messages %}({{ m.content }}){% if not loop.first and loop.previtem.role == m.role %}"
            + "{{ raise_exception('twice') }}{% endif %}{% endfor %}"
            + "{% if add_generation_prompt %}({% endif %}");
    return model.toString();
  }

  @Test
  void badRowsStopTheCommandOrHaveTheirPlace() throws IOException {
    String data =
        data(
            "{'text': 'a'}",
            "{'text': 5}",
            "{'text': '" + "b".repeat(65) + "'}",
            "not json",
            "{'text': 'c'}");
    Outcome stopped = rlhf("logprobs", "--model", MODEL, "--data", data);
    assertThat(stopped.code()).isEqualTo(1);
    assertThat(stopped.err()).startsWith("rlhf: " + data + ":2:10: ").hasLineCount(1);

    Outcome skipped = rlhf("logprobs", "--model", MODEL, "--data", data, "--on-bad-row", "skip");
    assertThat(skipped.code()).isZero();
    assertThat(skipped.jsonLines())
        .extracting(line -> line.has("ids"))
        .containsExactly(true, false, false, false, true);
    assertThat(skipped.jsonLines().get(2).get("error").asText())
        .isEqualTo(
            data + ":3:1: 65 tokens are more than the model's 64 positions; shorten the row");
    assertThat(skipped.jsonLines().get(3).get("error").asText()).startsWith(data + ":4:");
    assertThat(skipped.err()).contains("3 of 5 rows are bad");
  }

  @Test
  void anOutputFileIsThereWholeOrNotAtAll() throws IOException {
    String data = data("{'text': 'a b'}", "{'text': 'c d'}", "{'text': 5}");
    Path output = folder.resolve("lines.jsonl");
    String[] command = {
      "logprobs", "--model", MODEL, "--data", data, "--output", output.toString()
    };
    assertThat(rlhf(command).code()).isEqualTo(1);
    assertThat(folder).isDirectoryNotContaining(file -> file.toString().contains("lines.jsonl"));

    Outcome written = rlhf(with(command, "--on-bad-row", "skip"));
    assertThat(written.code()).isZero();
    assertThat(written.out()).isEmpty();
    assertThat(output)
        .hasContent(
            rlhf("logprobs", "--model", MODEL, "--data", data, "--on-bad-row", "skip").out());
  }

  @Test
  void scoresAreReadAtTheEosThatIsAppended() throws IOException {
    String data =
        data(
            "{'prompt': 'the rain', 'completion': ' is'}",
            "{'prompt': 'the rain', 'completion': ' is<|endoftext|>'}",
            "{'prompt': 'the rain', 'chosen': ' is', 'rejected': ' and'}",
            "{'chosen': 'the rain Assistant: is', 'rejected': 'the rain Assistant: and'}",
            "{'prompt': 'the rain', 'completions': [' and', ' is', ' ing']}");
    Outcome outcome = rlhf("score", "--reward-model", REWARD, "--data", data);
    List<JsonNode> lines = outcome.jsonLines();

    float is = score(76, 4, 66, 49, 78, 93, EOS);
    float and = score(76, 4, 66, 49, 78, 86, EOS);
    assertThat(lines.get(0).get("score").floatValue()).isCloseTo(is, within(1e-5f));
    assertThat(lines.get(1).get("score").floatValue()).isCloseTo(is, within(1e-5f));
    assertThat(lines.get(2).get("chosen_score").floatValue()).isCloseTo(is, within(1e-5f));
    assertThat(lines.get(2).get("rejected_score").floatValue()).isCloseTo(and, within(1e-5f));
    assertThat(lines.get(3).fieldNames())
        .toIterable()
        .containsExactly("chosen_score", "rejected_score");
    assertThat(lines.get(4).get("scores").get(0).floatValue()).isCloseTo(and, within(1e-5f));
    assertThat(lines.get(4).get("scores").get(1).floatValue()).isCloseTo(is, within(1e-5f));
    assertThat(outcome.err()).containsPattern("9 completions scored in .* s: .* tokens/s");
    // The control: without EOS another state is read.
    assertThat(score(76, 4, 66, 49, 78, 93)).isNotCloseTo(is, within(1e-3f));
  }

  @Test
  void scoresAreNormalizedOnRequest() throws IOException {
    Path model = Files.createDirectory(folder.resolve("model"));
    try (Stream<Path> files = Files.list(Path.of(REWARD)).filter(Files::isRegularFile)) {
      for (Path file : files.toList()) {
        Files.copy(file, model.resolve(file.getFileName()));
      }
    }
    Files.writeString(
        model.resolve("rlhf.json"),
        """
        {"score_mean": 0.25, "score_deviation": 0.5, "tokenizer_hash": "0",
         "probes": [{"prompt": "a", "completion": "b", "score": 0}]}
        """);
    try (ScalarModel scored = ScalarModel.load(model)) {
      Manifest.read(model).orElseThrow().rescored(scored).write(model);
    }
    String data = data("{'prompt': 'the rain', 'chosen': ' is', 'rejected': ' and'}");
    String[] command = {"score", "--reward-model", model.toString(), "--data", data};
    JsonNode raw = rlhf(command).jsonLines().get(0);
    JsonNode normalized = rlhf(with(command, "--normalize-reward")).jsonLines().get(0);
    for (String name : List.of("chosen_score", "rejected_score")) {
      assertThat(normalized.get(name).doubleValue())
          .isCloseTo((raw.get(name).doubleValue() - 0.25) / 0.5, within(1e-5));
    }
    command[2] = REWARD;
    assertThat(rlhf(with(command, "--normalize-reward")).err())
        .contains("no rlhf.json with score_mean");
  }

  @Test
  void whatHasNoScoreIsABadRow() throws IOException {
    String data =
        data("{'prompt': 'a'}", "{'prompt': 'a', 'completion': '" + "b".repeat(64) + "'}");
    List<JsonNode> lines =
        rlhf("score", "--reward-model", REWARD, "--data", data, "--on-bad-row", "skip").jsonLines();

    assertThat(lines.get(0).get("error").asText())
        .isEqualTo(
            data
                + ":1:1: the row is only a prompt, so there is nothing to score; add a completion,"
                + " or chosen and rejected");
    assertThat(lines.get(1).get("error").asText())
        .isEqualTo(
            data
                + ":2:1: completion too long (at most 64 tokens fit); shorten the row or remove"
                + " it");
  }

  @Test
  void aLongPromptLosesItsBeginning() throws IOException {
    String data = data("{'prompt': '" + "a".repeat(70) + "the rain', 'completion': ' is'}");
    Outcome cut = rlhf("score", "--reward-model", REWARD, "--data", data, "--max-length", "7");

    assertThat(cut.jsonLines().get(0).get("score").floatValue())
        .isCloseTo(score(76, 4, 66, 49, 78, 93, EOS), within(1e-5f));
    assertThat(cut.err()).contains("1 prompts lost their beginning to fit 7 tokens");
  }

  @Test
  void generatesWhatTheSeedAndTheRowSay() throws IOException {
    String rows = data("{'prompt': 'the rain'}", "{'prompt': 'a b'}", "{'prompt': 'the rain'}");
    Outcome one = generate(rows, "--seed", "1");
    List<JsonNode> lines = one.jsonLines();

    assertThat(lines).hasSize(3);
    assertThat(lines.get(0).fieldNames())
        .toIterable()
        .containsExactly("prompt", "completion", "completion_ids", "finish_reason");
    assertThat(lines.get(0).get("prompt").asText()).isEqualTo("the rain");
    assertThat(lines.get(0)).isNotEqualTo(lines.get(2)); // another row, other numbers
    assertThat(generate(rows, "--seed", "1").out()).isEqualTo(one.out());
    assertThat(generate(rows, "--seed", "2").out()).isNotEqualTo(one.out());
    String first = data("{'prompt': 'the rain'}");
    assertThat(generate(first, "--seed", "1").jsonLines().get(0)).isEqualTo(lines.get(0));

    assertThat(generate(rows, "--temperature", "0").jsonLines().get(0))
        .isEqualTo(generate(rows, "--top-k", "1").jsonLines().get(2));
  }

  @Test
  void aCompletionEndsWithEosOrAtItsLength() throws IOException {
    String rows = data("{'prompt': 'the rain'}");
    List<JsonNode> lines = generate(rows, "--samples", "40", "--max-new-tokens", "50").jsonLines();

    assertThat(lines).hasSize(40);
    for (JsonNode line : lines) {
      int[] ids = ints(line.get("completion_ids"));
      boolean ended = ids[ids.length - 1] == EOS;
      assertThat(line.get("finish_reason").asText()).isEqualTo(ended ? "eos" : "length");
      assertThat(ended || ids.length == 50).isTrue();
      assertThat(line.get("completion").asText()).doesNotContain("endoftext");
    }
    assertThat(lines)
        .extracting(line -> line.get("finish_reason").asText())
        .contains("eos", "length");
  }

  @Test
  void aTextEndsACompletionBeforeIt() throws IOException {
    String rows = data("{'prompt': 'the rain'}");
    List<JsonNode> free = generate(rows, "--samples", "30").jsonLines();
    List<JsonNode> stopped =
        generate(rows, "--samples", "30", "--stop", "e", "--stop", "an").jsonLines();

    int stops = 0;
    for (int i = 0; i < free.size(); i++) {
      String text = free.get(i).get("completion").asText();
      int at =
          IntStream.of(text.indexOf("e"), text.indexOf("an")).filter(n -> n >= 0).min().orElse(-1);
      if (at < 0) {
        assertThat(stopped.get(i)).isEqualTo(free.get(i));
      } else {
        stops++;
        assertThat(stopped.get(i).get("completion").asText()).isEqualTo(text.substring(0, at));
        assertThat(stopped.get(i).get("finish_reason").asText()).isEqualTo("stop");
        int[] ids = ints(stopped.get(i).get("completion_ids"));
        assertThat(Arrays.copyOf(ints(free.get(i).get("completion_ids")), ids.length))
            .containsExactly(ids);
      }
    }
    assertThat(stops).isBetween(10, 29);
  }

  @Test
  void theBestOfSeveralIsTheOneThatScoresBest() throws IOException {
    String rows = data("{'prompt': 'the rain'}", "{'prompt': 'a b'}");
    List<JsonNode> all = generate(rows, "--samples", "6").jsonLines();
    List<JsonNode> best = generate(rows, "--best-of", "6", "--reward-model", REWARD).jsonLines();

    for (int row = 0; row < 2; row++) {
      float highest = Float.NEGATIVE_INFINITY;
      JsonNode expected = null;
      for (JsonNode candidate : all.subList(6 * row, 6 * row + 6)) {
        int[] prompt = row == 0 ? new int[] {76, 4, 66, 49, 78} : new int[] {49, 4, 50};
        float score = score(concat(prompt, ended(ints(candidate.get("completion_ids")))));
        if (score > highest) {
          highest = score;
          expected = candidate;
        }
      }
      assertThat(best.get(row).get("completion_ids")).isEqualTo(expected.get("completion_ids"));
      assertThat(best.get(row).get("score").floatValue()).isCloseTo(highest, within(1e-5f));
    }
  }

  @Test
  void promptsThatCantBeContinued() throws IOException {
    String rows = data("{'prompt': ''}", "{'prompt': '" + "b".repeat(80) + "'}");
    Outcome outcome = generate(rows, "--on-bad-row", "skip");

    assertThat(outcome.jsonLines().get(0).get("error").asText())
        .isEqualTo(rows + ":1:1: an empty prompt has no token to continue; write something");
    assertThat(outcome.jsonLines().get(1).get("completion_ids")).isNotEmpty();
    assertThat(outcome.err()).contains("1 prompts lost their beginning to leave room for 16");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "logprobs --data x.jsonl~2~missing: --model",
        "logprobs --model MODEL --data x.jsonl~2~x.jsonl: no such file; check --data",
        "logprobs --model nowhere --data x.jsonl~2~nowhere: no such folder",
        "logprobs --model MODEL --data x.jsonl --output no/x~2~no: no such folder; make it",
        "logprobs --model REWARD --data x.jsonl~1~is a reward model (sequence classifier)",
        "score --reward-model MODEL --data x.jsonl~1~has no score.weight, so it isn't a reward"
            + " model",
        "score --reward-model REWARD --data x.jsonl --max-length 65~2~max-length 65 is more than",
        "generate --model MODEL --data x.jsonl --best-of 2~2~--best-of and --reward-model go",
        "generate --model MODEL --data x.jsonl --reward-model REWARD~2~go together",
        "generate --model MODEL --data x --best-of 2 --reward-model REWARD --samples 2~2~--samples",
        "generate --model MODEL --data x.jsonl --top-p 0~2~--top-p must be above 0",
        "generate --model MODEL --data x.jsonl --temperature -1~2~--temperature must be 0 or more",
        "generate --model MODEL --data x.jsonl --max-new-tokens 64~2~leaves no room for a prompt",
        "generate --model MODEL --data x.jsonl --stop=~2~--stop must not be empty",
      })
  void wrongUsageIsOneLine(String args, int code, String line) {
    Outcome outcome = rlhf(args.replace("MODEL", MODEL).replace("REWARD", REWARD).split(" "));

    assertThat(outcome.code()).isEqualTo(code);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err()).startsWith("rlhf: ").contains(line).hasLineCount(1);
  }

  private static Outcome generate(String data, String... options) {
    String[] command = {"generate", "--model", MODEL, "--data", data};
    return rlhf(
        Arrays.asList(options).contains("--max-new-tokens")
            ? with(command, options)
            : with(with(command, "--max-new-tokens", "16"), options));
  }

  private static String[] with(String[] command, String... more) {
    String[] all = Arrays.copyOf(command, command.length + more.length);
    System.arraycopy(more, 0, all, command.length, more.length);
    return all;
  }

  /** A file of rows, with ' for ". */
  private String data(String... rows) throws IOException {
    List<String> lines = Arrays.stream(rows).map(row -> row.replace('\'', '"')).toList();
    Path file = Files.createTempFile(folder, "rows", ".jsonl");
    return Files.write(file, lines).toString();
  }

  /** The reward model's number at the last of these ids. */
  private static float score(int... ids) {
    try (ScalarModel model = ScalarModel.load(Path.of(REWARD))) {
      return model.scores(PackedTokens.of(List.of(TokenTree.of(new int[0], ids))))[0];
    }
  }

  private static int[] ended(int[] ids) {
    return ids[ids.length - 1] == EOS ? ids : concat(ids, new int[] {EOS});
  }

  private static int[] concat(int[] a, int[] b) {
    return IntStream.concat(IntStream.of(a), IntStream.of(b)).toArray();
  }

  private static int[] ints(JsonNode array) {
    return IntStream.range(0, array.size()).map(i -> array.get(i).intValue()).toArray();
  }

  private static float[] floats(JsonNode array) {
    float[] values = new float[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).floatValue();
    }
    return values;
  }
}
