package org.rlhf4j.model.gguf;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SpacesAfterTokensTest {
  private final List<String> notes = new ArrayList<>();

  @Test
  void theNameOfAModelSaysThatItsTokensDropThem() {
    ObjectNode phi3 = tokenizer("rstrip", "</s>", "<|user|>");
    assertThat(name("run", phi3)).isEqualTo("Phi-3 run");
    assertThat(name("my-Phi3-run", phi3)).isEqualTo("my-Phi3-run");
    assertThat(notes).isEmpty();
  }

  /** llama.cpp would drop spaces that the tokenizer keeps, or wouldn't read the file at all. */
  @Test
  void aNameThatWouldSayItWronglyIsChanged() {
    ObjectNode keeping = tokenizer("rstrip");
    assertThat(name("Phi-3-mini", keeping)).isEqualTo("phi 3-mini");
    assertThat(name("qwen", keeping)).isEqualTo("qwen");
    ObjectNode without = keeping.deepCopy();
    ((ArrayNode) without.path("added_tokens")).remove(3); // </s>
    assertThat(name("phi3", without)).isEqualTo("phi 3");
    assertThat(notes).isEmpty();
  }

  @Test
  void whatNoNameSaysIsNoted() {
    assertThat(name("phi-3", tokenizer("rstrip", "<|user|>"))).isEqualTo("phi 3");
    assertThat(notes)
        .containsExactly(
            "llama.cpp leaves the spaces beside 1 added tokens, which this tokenizer drops"
                + " (lstrip, rstrip, single_word): <|user|>");
    notes.clear();
    assertThat(name("run", tokenizer("lstrip", "<s>"))).isEqualTo("run");
    assertThat(notes).singleElement().asString().endsWith(": <s>");
  }

  @Test
  void aFileOfThatNameDropsThemAfterAllTokensButThree() {
    GgufMetadata phi3 = named("Models Phi 3 (Phi-3-mini)");
    assertThat(SpacesAfterTokens.areDropped(phi3, "<|user|>")).isTrue();
    assertThat(SpacesAfterTokens.areDropped(phi3, "</s>")).isTrue();
    assertThat(SpacesAfterTokens.areDropped(phi3, "<s>")).isFalse();
    assertThat(SpacesAfterTokens.areDropped(named("Phi 4"), "<|user|>")).isFalse();
    assertThat(SpacesAfterTokens.areDropped(new GgufMetadata(Path.of("x"), Map.of()), "</s>"))
        .isFalse();
  }

  private String name(String name, ObjectNode tokenizer) {
    return SpacesAfterTokens.nameFor(name, tokenizer, notes);
  }

  private static GgufMetadata named(String name) {
    return new GgufMetadata(Path.of("x"), Map.of("general.name", name));
  }

  /** Phi-3's special tokens, some of which have a flag. */
  private static ObjectNode tokenizer(String flag, String... flagged) {
    ObjectNode json = new ObjectMapper().createObjectNode();
    ArrayNode added = json.putArray("added_tokens");
    for (String token : List.of("<unk>", "<s>", "<|endoftext|>", "</s>", "<|user|>")) {
      added.addObject().put("content", token).put(flag, List.of(flagged).contains(token));
    }
    return json;
  }
}
