package org.rlhf4j.model.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.settings.UserException;

/** Tokenizers rebuilt from a file's keys, against those that transformers rebuilds. */
class TokenizerJsonTest {
  private static final Path FILE = Path.of("model.gguf");

  @TempDir private Path folder;

  static List<String> names() throws IOException {
    return cases().map(given -> given.path("name").textValue()).toList();
  }

  @ParameterizedTest
  @MethodSource("names")
  void idsAreThoseOfTransformers(String name) throws IOException {
    JsonNode given = given(name);
    try (Tokenizer tokenizer = rebuilt(keys(given), architecture(given))) {
      for (JsonNode text : given.path("texts")) {
        String shown = text.path("text").textValue();
        assertThat(tokenizer.encodeRaw(shown)).as(shown).containsExactly(ints(text.path("ids")));
        if (!shown.startsWith("<|end|>")) { // which gets no second BOS here
          assertThat(tokenizer.encode(shown))
              .as(shown)
              .containsExactly(ints(text.path("with_specials")));
        }
      }
    }
  }

  /**
   * SmolLM's digits stand alone before anything else is split, so spaces before one stay together.
   */
  @Test
  void digitsAreSplitBeforeSpacesAre() throws IOException {
    try (Tokenizer smol = rebuilt(withTwoSpaces("smollm"), Architecture.LLAMA);
        Tokenizer gpt2 = rebuilt(withTwoSpaces("gpt-2"), Architecture.LLAMA)) {
      int twoSpaces = smol.vocabularySize() - 1;
      assertThat(smol.encodeRaw("a  1")).contains(twoSpaces);
      assertThat(gpt2.encodeRaw("a  1")).doesNotContain(twoSpaces);
      assertThat(gpt2.encodeRaw("a  ")).contains(twoSpaces);
    }
  }

  /** A vocabulary with a token of two spaces. */
  private static Map<String, Object> withTwoSpaces(String name) throws IOException {
    Map<String, Object> keys = keys(given(name));
    keys.remove("tokenizer.ggml.token_type");
    for (Map.Entry<String, String> added :
        Map.of(ConfigJson.TOKENS, "\u0120\u0120", TokenizerJson.MERGES, "\u0120 \u0120")
            .entrySet()) {
      List<Object> longer = new ArrayList<>((List<?>) keys.get(added.getKey()));
      longer.add(added.getValue());
      keys.put(added.getKey(), longer);
    }
    return keys;
  }

  @Test
  void aSentencePieceVocabularyMayNotBeginWithASpace() throws IOException {
    Map<String, Object> keys = keys(given("sentencepiece"));
    try (Tokenizer with = rebuilt(keys, Architecture.LLAMA)) {
      keys.put(TokenizerJson.ADD_SPACE, false);
      try (Tokenizer without = rebuilt(keys, Architecture.LLAMA)) {
        assertThat(without.encodeRaw(" a")).containsExactly(with.encodeRaw("a"));
        assertThat(without.encodeRaw("a")).isNotEqualTo(with.encodeRaw("a"));
      }
    }
  }

  @Test
  void whatIsUnknownIsRefusedByName() throws IOException {
    refused(TokenizerJson.PRE, "viking", "the pre-tokenizer \"viking\" (tokenizer.ggml.pre)");
    refused(TokenizerJson.MODEL, "bert", "a tokenizer of the kind \"bert\"");
    refused(TokenizerJson.MERGES, List.of("nosuchthing a"), "the merge \"nosuchthing a\"");
    refused("tokenizer.ggml.token_type", List.of(1L), "is a list of 1; it must be one number");
    refused(TokenizerJson.PRE, null, "its metadata has no tokenizer.ggml.pre");
    refused(TokenizerJson.ADD_BOS, "yes", "add_bos_token is yes; it must be true or false");
  }

  private void refused(String key, Object value, String message) throws IOException {
    Map<String, Object> keys = keys(given("gpt-2"));
    keys.remove(key);
    if (value != null) {
      keys.put(key, value);
    }
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> TokenizerJson.of(new GgufMetadata(FILE, keys), Architecture.LLAMA))
        .withMessageStartingWith("model.gguf: ")
        .withMessageContaining(message);
  }

  /** Ids of the written keys of a rebuilt tokenizer are those of the tokenizer. */
  @ParameterizedTest
  @MethodSource("names")
  void whatIsRebuiltIsWrittenAsItWas(String name) throws IOException {
    JsonNode given = given(name);
    Map<String, Object> keys = keys(given);
    ObjectNode json = TokenizerJson.of(new GgufMetadata(FILE, keys), architecture(given));
    int rows = ((List<?>) keys.get(ConfigJson.TOKENS)).size();
    Map<String, Object> written = new TokenizerKeys(FILE, json, rows, new ArrayList<>()).keys();
    if (!name.equals("gemma")) { // whose spaces are pieces afterwards
      assertThat(written.get(ConfigJson.TOKENS)).isEqualTo(keys.get(ConfigJson.TOKENS));
    }
    assertThat(written.get(TokenizerJson.MODEL)).isEqualTo(keys.get(TokenizerJson.MODEL));
    assertThat(written.get(TokenizerJson.PRE)).isEqualTo(keys.get(TokenizerJson.PRE));
    assertThat(written.get(TokenizerJson.MERGES)).isEqualTo(keys.get(TokenizerJson.MERGES));
  }

  private Tokenizer rebuilt(Map<String, Object> keys, Architecture architecture)
      throws IOException {
    GgufMetadata metadata = new GgufMetadata(FILE, keys);
    Path place = Files.createTempDirectory(folder, "tokenizer");
    Files.writeString(
        place.resolve("tokenizer.json"), TokenizerJson.of(metadata, architecture).toString());
    Files.writeString(place.resolve("config.json"), "{\"eos_token_id\": 0}");
    return Tokenizer.load(place);
  }

  private static Stream<JsonNode> cases() throws IOException {
    JsonNode all =
        new ObjectMapper().readTree(BlocksTest.FIXTURES.resolve("tokenizers.json").toFile());
    return StreamSupport.stream(all.spliterator(), false);
  }

  private static JsonNode given(String name) throws IOException {
    return cases().filter(c -> c.path("name").textValue().equals(name)).findFirst().orElseThrow();
  }

  private static Architecture architecture(JsonNode given) {
    return given.path("architecture").textValue().equals("gemma3")
        ? Architecture.GEMMA3
        : Architecture.LLAMA;
  }

  /** As the parser gives them. */
  private static Map<String, Object> keys(JsonNode given) {
    Map<String, Object> keys = new LinkedHashMap<>();
    given
        .path("keys")
        .properties()
        .forEach(key -> keys.put(key.getKey(), value(key.getKey(), key.getValue())));
    return keys;
  }

  private static Object value(String key, JsonNode node) {
    if (node.isArray()) {
      List<Object> values = new ArrayList<>();
      node.forEach(element -> values.add(value(key, element)));
      return values;
    } else if (node.isTextual()) {
      return node.textValue();
    } else if (node.isBoolean()) {
      return node.booleanValue();
    }
    return key.endsWith("scores") ? (Object) node.floatValue() : (Object) node.longValue();
  }

  private static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).intValue();
    }
    return values;
  }
}
