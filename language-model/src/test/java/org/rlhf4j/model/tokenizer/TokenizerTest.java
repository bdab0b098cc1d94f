package org.rlhf4j.model.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.settings.UserException;

/** The fixtures and what transformers says of them come from bench/reference/make_tokenizer.py. */
class TokenizerTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path RESOURCES = Path.of("src/test/resources");
  private static final Path FIXTURES = RESOURCES.resolve("tokenizers");
  private static final Path BYTE_BPE = FIXTURES.resolve("byte-bpe");
  private static final Path METASPACE_BPE = FIXTURES.resolve("metaspace-bpe");

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"byte-bpe", "metaspace-bpe"})
  void agreesWithTransformers(String name) throws IOException {
    JsonNode expected = JSON.readTree(FIXTURES.resolve(name).resolve("expected.json").toFile());
    try (Tokenizer tokenizer = Tokenizer.load(FIXTURES.resolve(name))) {
      for (JsonNode row : expected.path("rows")) {
        String text = row.path("text").textValue();
        int[] ids = JSON.convertValue(row.path("ids"), int[].class);
        assertThat(tokenizer.encode(text)).as(text).isEqualTo(ids);
        assertThat(tokenizer.encodeRaw(text))
            .as(text)
            .isEqualTo(JSON.convertValue(row.path("raw"), int[].class));
        assertThat(tokenizer.decode(ids)).isEqualTo(row.path("decoded").textValue());
      }
      assertThat(tokenizer.eosId()).isEqualTo(expected.path("eos").intValue());
      assertThat(tokenizer.bosId()).hasValue(expected.path("bos").intValue());
      assertThat(tokenizer.vocabularySize()).isEqualTo(expected.path("vocabulary").intValue());
    }
  }

  @Test
  void givesTheIdsOfTransformersForManyKindsOfTexts() throws IOException {
    JsonNode zoo = JSON.readTree(FIXTURES.resolve("zoo.json").toFile());
    int column = 0;
    for (JsonNode name : zoo.path("tokenizers")) {
      column++;
      try (Tokenizer tokenizer = Tokenizer.load(RESOURCES.resolve(name.textValue()))) {
        for (JsonNode row : zoo.path("rows")) {
          String text = row.path(0).textValue();
          assertThat(tokenizer.encodeRaw(text))
              .as("%s: %s", name.textValue(), text)
              .isEqualTo(JSON.convertValue(row.path(column), int[].class));
        }
      }
    }
    assertThat(column).isEqualTo(3);
  }

  @Test
  void neverTruncatesEvenWhereTheFileAsksForIt() throws IOException {
    ObjectNode json = tokenizerJson(BYTE_BPE);
    json.set(
        "truncation",
        JSON.readTree(
            "{\"direction\":\"Right\",\"max_length\":3,\"strategy\":\"LongestFirst\",\"stride\":0}"));
    json.set(
        "padding",
        JSON.readTree(
            "{\"strategy\":{\"Fixed\":9},\"direction\":\"Right\",\"pad_to_multiple_of\":null,"
                + "\"pad_id\":1,\"pad_type_id\":0,\"pad_token\":\"<|pad|>\"}"));
    try (Tokenizer tokenizer = load(json, "{\"eos_token\":\"<|endoftext|>\"}")) {
      assertThat(tokenizer.encode("x".repeat(2000))).hasSize(2000);
      assertThat(tokenizer.encode("x")).hasSize(1);
    }
  }

  @Test
  void putsWhatThePostProcessorPutsFirstAndLeavesOffWhatItPutsLast() throws IOException {
    ObjectNode json = tokenizerJson(BYTE_BPE);
    json.set(
        "post_processor",
        JSON.readTree(
            "{\"type\":\"TemplateProcessing\",\"pair\":[],\"single\":["
                + "{\"SpecialToken\":{\"id\":\"<|turn|>\",\"type_id\":0}},"
                + "{\"Sequence\":{\"id\":\"A\",\"type_id\":0}},"
                + "{\"SpecialToken\":{\"id\":\"<|endoftext|>\",\"type_id\":0}}],"
                + "\"special_tokens\":{"
                + "\"<|turn|>\":{\"id\":\"<|turn|>\",\"ids\":[2],\"tokens\":[\"<|turn|>\"]},"
                + "\"<|endoftext|>\":{\"id\":\"<|endoftext|>\",\"ids\":[0],"
                + "\"tokens\":[\"<|endoftext|>\"]}}}"));
    try (Tokenizer tokenizer = load(json, "{\"eos_token\":\"<|endoftext|>\"}")) {
      assertThat(tokenizer.encode("ab")).containsExactly(2, 67, 68);
      assertThat(tokenizer.encode("")).containsExactly(2);
      assertThat(tokenizer.encodeRaw("ab")).containsExactly(67, 68);
    }
  }

  @Test
  void continuesAWordWithoutItsStartMark() {
    try (Tokenizer tokenizer = Tokenizer.load(METASPACE_BPE)) {
      int[] alone = tokenizer.encodeRaw("answer");
      int[] continued = tokenizer.encodeContinuation("answer");

      assertThat(tokenizer.decodeContinuation(alone)).isEqualTo(" answer");
      assertThat(tokenizer.decodeContinuation(continued)).isEqualTo("answer");
      assertThat(tokenizer.encodeContinuation(" answer")).isEqualTo(alone);
      assertThat(tokenizer.encodeContinuation("")).isEmpty();
    }
  }

  @Test
  void continuesAsItEncodesWhereThereIsNoMark() {
    try (Tokenizer tokenizer = Tokenizer.load(BYTE_BPE)) {
      assertThat(tokenizer.encodeContinuation(" answer")).isEqualTo(tokenizer.encodeRaw(" answer"));
      assertThat(tokenizer.decodeContinuation(tokenizer.encodeRaw(" answer"))).isEqualTo(" answer");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "  two", "\n\nnext", "ends.", ", and", "日本", "\t", "s \n"})
  void continuationsReadBackAsWritten(String text) {
    for (Path fixture : new Path[] {BYTE_BPE, METASPACE_BPE}) {
      try (Tokenizer tokenizer = Tokenizer.load(fixture)) {
        assertThat(tokenizer.decodeContinuation(tokenizer.encodeContinuation(text)))
            .as(fixture.toString())
            .isEqualTo(text);
      }
    }
  }

  @Test
  void leavesSpecialTokensOutOrKeepsThem() {
    try (Tokenizer tokenizer = Tokenizer.load(BYTE_BPE)) {
      int[] ids = tokenizer.encode("a<|pad|>b<|endoftext|>");

      assertThat(ids).containsExactly(67, 1, 68, 0);
      assertThat(tokenizer.decode(ids)).isEqualTo("ab");
      assertThat(tokenizer.decodeRaw(ids)).isEqualTo("a<|pad|>b<|endoftext|>");
    }
  }

  @Test
  void stopsAtTheGenerationConfigsIdsAndAtEos() {
    try (Tokenizer tokenizer = Tokenizer.load(BYTE_BPE)) {
      assertThat(tokenizer.stopIds()).containsExactly(0, 2);
      assertThat(tokenizer.isStop(2)).isTrue();
      assertThat(tokenizer.isStop(1)).isFalse();
      assertThat(tokenizer.padId()).hasValue(1);
    }
  }

  @Test
  void findsEosWhereverTheFolderNamesIt() throws IOException {
    ObjectNode json = tokenizerJson(BYTE_BPE);
    Files.writeString(folder.resolve("special_tokens_map.json"), "{\"eos_token\":\"<|turn|>\"}");
    try (Tokenizer tokenizer = load(json, "{\"eos_token\":null,\"pad_token\":\"[unknown]\"}")) {
      assertThat(tokenizer.eosId()).isEqualTo(2);
      assertThat(tokenizer.bosId()).isEmpty();
      assertThat(tokenizer.padId()).isEmpty();
    }
    Files.delete(folder.resolve("special_tokens_map.json"));
    Files.writeString(folder.resolve("config.json"), "{\"eos_token_id\":[1,2]}");
    try (Tokenizer tokenizer = load(json, "{}")) {
      assertThat(tokenizer.eosId()).isEqualTo(1);
    }
    Files.delete(folder.resolve("config.json"));
    Files.writeString(folder.resolve("generation_config.json"), "{\"eos_token_id\":2}");
    try (Tokenizer tokenizer = load(json, "{}")) {
      assertThat(tokenizer.eosId()).isEqualTo(2);
      assertThat(tokenizer.stopIds()).containsExactly(2);
    }
  }

  @Test
  void withoutIdsInTheGenerationConfigTheConfigurationsEndSampling() throws IOException {
    Files.writeString(folder.resolve("config.json"), "{\"eos_token_id\":[0,2]}");
    Files.writeString(folder.resolve("generation_config.json"), "{\"eos_token_id\":[null]}");
    try (Tokenizer tokenizer = load(tokenizerJson(BYTE_BPE), "{\"eos_token\":\"<|pad|>\"}")) {
      assertThat(tokenizer.eosId()).isEqualTo(1);
      assertThat(tokenizer.stopIds()).containsExactly(0, 1, 2);
    }
  }

  /** The ids are those of transformers 5.23: the next free ones, in the order of their files. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      value = {
        "tokenizer_config.json ! {'eos_token':'<|pad|>','added_tokens_decoder':{'NEXT1':{'content':'<|b|>',"
            + "'special':true},'NEXT':{'content':'<|a|>','special':true},'1':{'content':'<|pad|>'}}}",
        "tokenizer_config.json ! {'eos_token':'<|pad|>','additional_special_tokens':['<|a|>',"
            + "{'content':'<|b|>'},'<|a|>','<|pad|>']}",
        "tokenizer_config.json ! {'eos_token':'<|pad|>','extra_special_tokens':['<|a|>','<|b|>']}",
        "added_tokens.json     ! {'<|b|>':NEXT1,'<|a|>':NEXT,'<|pad|>':1}",
      })
  void tokensThatOnlyOtherFilesNameAreAdded(String file, String content) throws IOException {
    ObjectNode json = tokenizerJson(BYTE_BPE);
    int next = Tokenizer.vocabularySize(json);
    Files.writeString(
        folder.resolve(file),
        content
            .replace('\'', '"')
            .replace("NEXT1", String.valueOf(next + 1))
            .replace("NEXT", String.valueOf(next)));
    JSON.writeValue(folder.resolve("tokenizer.json").toFile(), json);
    Files.writeString(folder.resolve("special_tokens_map.json"), "{\"eos_token\":\"<|pad|>\"}");
    try (Tokenizer tokenizer = Tokenizer.load(folder);
        Tokenizer without = Tokenizer.load(BYTE_BPE)) {
      assertThat(tokenizer.encodeRaw("x<|a|>y<|b|>"))
          .containsExactly(without.encodeRaw("x")[0], next, without.encodeRaw("y")[0], next + 1);
      assertThat(tokenizer.decodeRaw(new int[] {next, next + 1})).isEqualTo("<|a|><|b|>");
      assertThat(tokenizer.vocabularySize()).isEqualTo(next + 2);
      assertThat(tokenizer.addedTokens()).contains("<|a|>", "<|b|>", "<|pad|>");
      assertThat(tokenizer.hash()).isNotEqualTo(without.hash());
      assertThat(tokenizer.json().path("added_tokens").size())
          .isEqualTo(json.path("added_tokens").size() + 2);
    }
  }

  @Test
  void aTokenWithAnotherIdThanTheNextIsRefused() throws IOException {
    ObjectNode json = tokenizerJson(BYTE_BPE);
    int next = Tokenizer.vocabularySize(json);
    String config =
        "{\"eos_token\":\"<|pad|>\",\"added_tokens_decoder\":{\"%s\":{\"content\":\"<|a|>\"}}}";
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> load(json, config.formatted(next + 3)))
        .withMessage(
            ("%s: gives \"<|a|>\" the id %s, but tokenizer.json doesn't have it, and the next id there"
                    + " is %s; save the tokenizer again with the model that it belongs to")
                .formatted(folder.resolve("tokenizer_config.json"), next + 3, next));
  }

  @Test
  void copiesItsFilesByteForByte() throws IOException {
    try (Tokenizer tokenizer = Tokenizer.load(BYTE_BPE)) {
      tokenizer.copyTo(folder);
      tokenizer.copyTo(BYTE_BPE);
    }
    try (Stream<Path> copied = Files.list(folder)) {
      assertThat(copied.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "tokenizer.json", "tokenizer_config.json", "generation_config.json");
    }
    assertThat(folder.resolve("tokenizer.json"))
        .hasSameBinaryContentAs(BYTE_BPE.resolve("tokenizer.json"));
  }

  @Test
  void hashesTokenizerJson() throws IOException {
    Files.copy(BYTE_BPE.resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
    Files.writeString(folder.resolve("config.json"), "{\"eos_token_id\":0}");
    try (Tokenizer one = Tokenizer.load(BYTE_BPE);
        Tokenizer same = Tokenizer.load(folder);
        Tokenizer other = Tokenizer.load(METASPACE_BPE)) {
      assertThat(one.hash()).hasSize(64).isEqualTo(same.hash()).isNotEqualTo(other.hash());
    }
  }

  @Test
  void saysInOneLineWhatIsWrongWithAFolder() throws IOException {
    Path file = folder.resolve("tokenizer.json");
    assertFails(
        file
            + ": no such file; name a folder with a Hugging Face tokenizer. If the tokenizer has"
            + " another form, save_pretrained of transformers' AutoTokenizer writes this file");

    Files.writeString(file, "{\"model\":\n oops}");
    assertFails(file + ":2:2: not valid JSON; save the file again");

    Files.writeString(file, "{}");
    assertFails(
        folder
            + ": tokenizer.json has no known end-of-sequence token; name an eos_token in"
            + " tokenizer_config.json");

    Files.writeString(folder.resolve("config.json"), "{\"eos_token_id\":0}");
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> Tokenizer.load(folder))
        .withMessageStartingWith(file + ": not a tokenizer (")
        .withMessageEndingWith("); save it again")
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
  }

  private void assertFails(String message) {
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> Tokenizer.load(folder))
        .withMessage(message);
  }

  private static ObjectNode tokenizerJson(Path fixture) throws IOException {
    return (ObjectNode) JSON.readTree(fixture.resolve("tokenizer.json").toFile());
  }

  private Tokenizer load(ObjectNode tokenizerJson, String config) throws IOException {
    JSON.writeValue(folder.resolve("tokenizer.json").toFile(), tokenizerJson);
    Files.writeString(folder.resolve("tokenizer_config.json"), config);
    return Tokenizer.load(folder);
  }

  /** Each of these ends the process that uses it in native code, or never ends. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      value = {
        "post_processor ! {'type':'TemplateProcessing','single':[{'SpecialToken':{'id':'<s>','type_id':0}},"
            + "{'Sequence':{'id':'A','type_id':0}}],'pair':[],'special_tokens':{}}",
        "normalizer     ! {'type':'Replace','pattern':{'String':''},'content':'x'}",
        "normalizer     ! {'type':'Precompiled','precompiled_charsmap':'AAAA'}",
        "normalizer     ! {'type':'Sequence','normalizers':[{'type':'NFC'},"
            + "{'type':'Precompiled','precompiled_charsmap':'AAAA'}]}",
        "pre_tokenizer  ! {'type':'FixedLength','length':0}",
      })
  void whatEndsTheProcessIsRefused(String part, String value) throws IOException {
    ObjectNode json = tokenizerJson(BYTE_BPE);
    json.set(part, JSON.readTree(value.replace('\'', '"')));
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> load(json, "{\"eos_token\":\"<|endoftext|>\"}"))
        .withMessageMatching(
            "\\S+tokenizer.json: (the tokenizer can't be used|not a tokenizer) .*; save it again");
  }

  @Test
  void aPrefixOfContinuationsThatDoesNotFitIsRefused() throws IOException {
    ObjectNode json = tokenizerJson(BYTE_BPE);
    ((ObjectNode) json.path("model")).put("continuing_subword_prefix", "##");
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> load(json, "{\"eos_token\":\"<|endoftext|>\"}"))
        .withMessageContaining("save it again");
  }

  @Test
  void theFixturesAreTriedOnlyWhereTheyHaveOtherParts() throws IOException {
    assertThat(TokenizerParts.areCommon(tokenizerJson(BYTE_BPE))).isTrue();
    assertThat(TokenizerParts.areCommon(tokenizerJson(METASPACE_BPE))).isFalse();
  }
}
