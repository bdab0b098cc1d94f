package org.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.model.gguf.GgufFormat;
import org.rlhf4j.settings.UserException;

/**
 * Families beside Llama in GGUF files: files written by the gguf package against the numbers of
 * transformers, files of our own, and what a file can't say.
 */
class GgufFamiliesTest {
  private static final Path FILES = Path.of("src/test/resources/gguf/families");
  private static final int[] IDS = {5, 6, 7, 8, 9, 30, 31, 76, 4, 90, 12, 33};
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"gemma2", "granite", "phi3", "stablelm", "stablelm-beside"})
  void aFileOfTheGgufPackageGivesTransformersNumbers(String name) throws IOException {
    JsonNode all = JSON.readTree(FILES.resolveSibling("families.json").toFile());
    JsonNode expected = all.path(name);
    try (LanguageModel model = LanguageModel.load(FILES.resolve(name + ".gguf"))) {
      assertThat(GgufModelTest.logprobs(model, Fixture.ints(expected.path("ids"))))
          .containsExactly(Fixture.floats(expected.path("logprobs")), within(1e-5f));
    }
  }

  /** Each type: {@link ModelExport#readBack} compares tensors, ids, stops and log-probabilities. */
  @ParameterizedTest
  @CsvSource({
    "gemma2, f32",
    "gemma2, f16",
    "gemma2, bf16",
    "gemma2, q8_0",
    "granite, f16",
    "granite, bf16",
    "granite, q8_0",
    "phi3, f16",
    "phi3, bf16",
    "phi3, q8_0",
    "stablelm, f16",
    "stablelm, bf16",
    "stablelm, q8_0",
    "stablelm-beside, f16",
    "stablelm-beside, bf16",
    "stablelm-beside, q8_0"
  })
  void whatIsReadBackIsTheRoundedModel(String name, String type) throws IOException {
    Path model = name.equals("gemma2") ? changed(name, this::usualScale) : fixture(name);
    ModelExport.Comparison comparison =
        GgufFiles.write(model, type, folder.resolve(name + ".gguf"));
    assertThat(comparison.largest()).isLessThan(type.equals("f32") ? 1e-6 : 1);
    assertThat(comparison.tokens()).isGreaterThan(100);
  }

  @Test
  void gemma2IsTheSameModelBesideTheRoundingOfItsNorms() throws IOException {
    Path model = changed("gemma2", this::usualScale);
    Path file = folder.resolve("gemma2.gguf");
    GgufFiles.write(model, "f32", file);
    try (LanguageModel own = LanguageModel.load(model);
        LanguageModel back = LanguageModel.load(file)) {
      assertThat(GgufModelTest.logprobs(back, IDS))
          .containsExactly(GgufModelTest.logprobs(own, IDS), within(1e-6f));
    }
  }

  private ObjectNode usualScale(ObjectNode config) {
    return config.put("query_pre_attn_scalar", config.path("head_dim").intValue());
  }

  @Test
  void aFileKeepsTheFactorsAndPositionsOfLongTexts() throws IOException {
    Path file = folder.resolve("phi3.gguf");
    GgufFiles.write(fixture("phi3"), "f32", file);
    try (LanguageModel back = LanguageModel.load(file)) {
      JsonNode config = back.config().json();
      assertThat(config.path("max_position_embeddings").intValue()).isEqualTo(256);
      JsonNode rotary = config.path("rope_parameters");
      assertThat(rotary.path("short_factor")).hasToString("[1.1,1.7]");
      assertThat(rotary.path("long_factor")).hasToString("[3.0,5.0]");
      assertThat(rotary.path("original_max_position_embeddings").intValue()).isEqualTo(64);
    }
    try (ModelExport export = open(fixture("phi3"))) {
      assertThat(export.notes())
          .anyMatch(note -> note.contains("long_factor in a context of more than 64 tokens"))
          .anyMatch(note -> note.contains("no sliding window for phi3"));
    }
  }

  /** The bounds of the fixture are its own; with the usual ones it is exported. */
  @Test
  void yarnGoesAlong() throws IOException {
    refused(fixture("llama-yarn"), "beta_fast = 8 for llama; exported: 32");
    Path model = changed("llama-yarn", GgufFamiliesTest::usualBounds);
    Path file = folder.resolve("yarn.gguf");
    GgufFiles.write(model, "f32", file);
    try (LanguageModel own = LanguageModel.load(model);
        LanguageModel back = LanguageModel.load(file);
        LanguageModel unstretched = LanguageModel.load(changed("llama-yarn", this::usualAngles))) {
      float[] expected = GgufModelTest.logprobs(own, IDS);
      assertThat(GgufModelTest.logprobs(back, IDS)).containsExactly(expected, within(1e-6f));
      assertThat(GgufModelTest.logprobs(unstretched, IDS)).isNotEqualTo(expected);
    }
  }

  private void usualAngles(ObjectNode config) {
    ((ObjectNode) config.path("rope_parameters")).put("rope_type", "default");
  }

  private static void usualBounds(ObjectNode config) {
    ((ObjectNode) config.path("rope_parameters")).remove(List.of("beta_fast", "beta_slow"));
  }

  /** llama.cpp would have computed each otherwise, or couldn't have read it. */
  @Test
  void whatAFileCantSayIsRefusedByName() throws IOException {
    refused(fixture("gemma2"), "query_pre_attn_scalar = 10 for gemma2");
    refused("gemma2", c -> usualScale(c).putNull("attn_logit_softcapping"), "attn_logit_soft");
    refused("gemma2", c -> usualScale(c).putNull("final_logit_softcapping"), "final_logit_soft");
    refused(
        "gemma2",
        c ->
            usualScale(c)
                .putArray("layer_types")
                .add("full_attention")
                .add("sliding_attention")
                .add("full_attention"),
        "layer_types");
    refused("granite", c -> c.put("residual_multiplier", 0), "residual_multiplier = 0 for granite");
  }

  private void refused(String name, Consumer<ObjectNode> change, String message)
      throws IOException {
    refused(changed(name, change), message);
  }

  private static void refused(Path model, String message) {
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> open(model).close())
        .withMessageStartingWith(model + ": llama.cpp doesn't compute ")
        .withMessageContaining(message);
  }

  private static ModelExport open(Path model) {
    return ModelExport.open(model, GgufFormat.parse("f32"));
  }

  private static Path fixture(String name) {
    return Checkpoints.FIXTURES.resolve(name);
  }

  /** A fixture with a changed configuration. */
  private Path changed(String name, Consumer<ObjectNode> change) throws IOException {
    return copy(name, "config.json", change);
  }

  private Path copy(String name, String file, Consumer<ObjectNode> change) throws IOException {
    Path copy = Files.createTempDirectory(folder, name);
    for (String each :
        List.of("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")) {
      Files.copy(fixture(name).resolve(each), copy.resolve(each));
    }
    ObjectNode json = (ObjectNode) JSON.readTree(copy.resolve(file).toFile());
    change.accept(json);
    Files.writeString(copy.resolve(file), json.toString());
    return copy;
  }

  /** Where a tokenizer drops the spaces after special tokens as Phi-3's does, so does the file. */
  @Test
  void spacesAfterSpecialTokensAreDroppedAsBefore() throws IOException {
    Path model = copy("phi3", "tokenizer.json", GgufFamiliesTest::likePhi3);
    Path file = folder.resolve("file.gguf");
    try (ModelExport export = open(model)) {
      assertThat(export.notes()).noneMatch(note -> note.contains("spaces"));
      export.write(file);
      export.readBack(file);
    }
    try (LanguageModel own = LanguageModel.load(model);
        LanguageModel back = LanguageModel.load(file)) {
      for (String text : List.of("<|pad|> \n the", "<s> \n the", "a</s> the", "<|pad|>the")) {
        assertThat(back.tokenizer().encodeRaw(text)).isEqualTo(own.tokenizer().encodeRaw(text));
      }
      assertThat(back.tokenizer().encodeRaw("<|pad|> \n the"))
          .isEqualTo(back.tokenizer().encodeRaw("<|pad|>the"));
    }
  }

  /** Its special tokens under the names of Phi-3's. */
  private static void likePhi3(ObjectNode tokenizer) {
    ObjectNode vocabulary = (ObjectNode) tokenizer.path("model").path("vocab");
    ArrayNode added = (ArrayNode) tokenizer.path("added_tokens");
    Map.of("#", "<unk>", "Q", "<s>", "Z", "</s>")
        .forEach(
            (sign, token) -> {
              vocabulary.set(token, vocabulary.remove(sign));
              ObjectNode special = added.path(0).deepCopy();
              added.add(special.put("content", token).set("id", vocabulary.get(token)));
            });
    for (JsonNode token : added) {
      boolean kept =
          List.of("<unk>", "<s>", "<|endoftext|>").contains(token.path("content").asText());
      ((ObjectNode) token).put("rstrip", !kept);
    }
  }
}
