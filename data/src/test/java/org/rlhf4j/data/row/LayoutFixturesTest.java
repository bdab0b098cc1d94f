package org.rlhf4j.data.row;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.rlhf4j.data.file.OnBadRow;
import org.rlhf4j.data.token.RowTokenizer;
import org.rlhf4j.data.token.TokenizedPrompt;
import org.rlhf4j.data.token.TokenizedRow;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.tokenizer.Tokenizer;

/** Rows in public layouts have the ids and the mask that TRL and LLaMA-Factory give them. */
class LayoutFixturesTest {

  private static final Path RESOURCES = Path.of("src/test/resources");

  /** A fixture that a failure names. */
  record Fixture(JsonNode json, String template) {
    @Override
    public String toString() {
      return json.path("name").asText() + " (" + json.path("peer").asText() + ")";
    }

    int[] ids(String name) {
      return StreamSupport.stream(json.path(name).spliterator(), false)
          .mapToInt(JsonNode::intValue)
          .toArray();
    }
  }

  @TempDir Path folder;

  static Stream<Fixture> fixtures() throws IOException {
    JsonNode all = new ObjectMapper().readTree(RESOURCES.resolve("layouts.json").toFile());
    List<Fixture> fixtures = new ArrayList<>();
    all.path("fixtures")
        .forEach(one -> fixtures.add(new Fixture(one, all.path("template").textValue())));
    return fixtures.stream();
  }

  @ParameterizedTest
  @MethodSource("fixtures")
  void readsAsPeersDo(Fixture fixture) throws IOException {
    Path model = Files.createDirectory(folder.resolve("model"));
    try (Stream<Path> files = Files.list(RESOURCES.resolve("tokenizers/byte-bpe"))) {
      for (Path file : files.toList()) {
        Files.copy(file, model.resolve(file.getFileName()));
      }
    }
    Files.writeString(model.resolve("chat_template.jinja"), fixture.template());
    Path rows = Files.writeString(folder.resolve("a.jsonl"), fixture.json().path("row") + "\n");
    try (Tokenizer tokenizer = Tokenizer.load(model)) {
      RowTokenizer ids = new RowTokenizer(tokenizer, 400);
      if (fixture.json().has("trained")) {
        requireDemonstration(ids, rows, fixture);
      } else if (fixture.json().has("chosen")) {
        requirePair(ids, rows, fixture);
      } else {
        TokenizedPrompt prompt = ids.tokenizePrompts(read(rows, RowKind.PROMPTS), 10).rows().get(0);
        assertThat(prompt.ids()).containsExactly(fixture.ids("prompt"));
      }
    }
  }

  private static void requireDemonstration(RowTokenizer ids, Path rows, Fixture fixture) {
    TokenizedRow row = ids.tokenize(read(rows, RowKind.DEMONSTRATIONS)).rows().get(0);
    assertThat(line(row.tree(), 0)).containsExactly(fixture.ids("ids"));
    int[] trained = new int[row.tree().length()];
    for (int i = 0; i < row.completionMask().length; i++) {
      trained[row.tree().prompt().length + i] = row.completionMask()[i] ? 1 : 0;
    }
    assertThat(trained).containsExactly(fixture.ids("trained"));
  }

  private static void requirePair(RowTokenizer ids, Path rows, Fixture fixture) {
    TokenTree tree = ids.tokenize(read(rows, RowKind.COMPARISONS)).rows().get(0).tree();
    assertThat(tree.prompt()).containsExactly(fixture.ids("prompt"));
    assertThat(line(tree, 0)).containsExactly(fixture.ids("chosen"));
    assertThat(line(tree, 1)).containsExactly(fixture.ids("rejected"));
  }

  private static <T extends Row> Rows<T> read(Path file, RowKind<T> kind) {
    return Rows.read(List.of(file), kind, OnBadRow.FAIL);
  }

  private static int[] line(TokenTree tree, int completion) {
    int[] prompt = tree.prompt();
    int[] said = tree.completions().get(completion);
    int[] all = Arrays.copyOf(prompt, prompt.length + said.length);
    System.arraycopy(said, 0, all, prompt.length, said.length);
    return all;
  }
}
