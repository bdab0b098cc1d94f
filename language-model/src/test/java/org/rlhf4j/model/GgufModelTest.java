package org.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.model.adapter.LoraConfig;
import org.rlhf4j.model.chat.ChatMessage;
import org.rlhf4j.model.chat.ChatTemplate;
import org.rlhf4j.settings.UserException;

/** A GGUF file with a tensor of each type, against transformers' reading of it. */
class GgufModelTest {
  private static final Path MIXED = Path.of("src/test/resources/gguf/mixed.gguf");

  @TempDir private Path folder;

  @Test
  void numbersTextsAndTemplateAreThoseOfTransformers() throws IOException {
    JsonNode expected = new ObjectMapper().readTree(MIXED.resolveSibling("mixed.json").toFile());
    try (LanguageModel model = LanguageModel.load(MIXED)) {
      int[] ids = Fixture.ints(expected.path("ids"));
      assertThat(logprobs(model, ids))
          .containsExactly(Fixture.floats(expected.path("logprobs")), within(1e-4f));
      for (JsonNode text : expected.path("texts")) {
        assertThat(model.tokenizer().encodeRaw(text.path("text").textValue()))
            .containsExactly(Fixture.ints(text.path("ids")));
      }
      assertThat(model.tokenizer().stopIds()).containsExactly(0);
      assertThat(ChatTemplate.of(model.tokenizer()).prompt(List.of(new ChatMessage("user", "Hi"))))
          .isEqualTo(expected.path("prompt").textValue());
    }
  }

  @Test
  void whatIsTrainedIsAFolderOfSafetensors() throws IOException {
    try (LanguageModel model = LanguageModel.load(MIXED, null, 0)) {
      model.save(folder);
      try (LanguageModel saved = LanguageModel.load(folder)) {
        assertThat(saved.weights().values()).isEqualTo(model.weights().values());
        assertThat(saved.tokenizer().encode("Hi there"))
            .isEqualTo(model.tokenizer().encode("Hi there"));
      }
    }
    assertThat(folder.resolve("model.safetensors")).exists();
    assertThat(folder.resolve("chat_template.jinja")).exists();
  }

  @Test
  void anAdapterNamesTheFileAsItsBase() throws IOException {
    LoraConfig lora = new LoraConfig(2, 4, 0, false, List.of("q_proj"));
    float[] expected;
    int[] ids = {5, 6, 7, 8};
    try (LanguageModel model = LanguageModel.load(MIXED, lora, 1)) {
      expected = logprobs(model, ids);
      model.save(folder);
    }
    try (LanguageModel adapted = LanguageModel.load(folder)) {
      assertThat(adapted.isAdapted()).isTrue();
      assertThat(logprobs(adapted, ids)).containsExactly(expected);
    }
  }

  @Test
  void anUnknownArchitectureOrTensorIsRefusedByName() throws IOException {
    refused("llama", "mamba", "the architecture \"mamba\" isn't read; read are: gemma2, gemma3,");
    refused("blk.0.ffn_up.weight", "blk.0.ffn_xx.weight", "unknown tensor blk.0.ffn_xx.weight");
    refused("output_norm.weight", "output_nine.weight", "unknown tensor output_nine.weight");
    refused(
        "llama.attention.head_count_kv",
        "llama.attention.head_count_xx",
        "tensor layers.0.self_attn.k_proj.weight is [128, 256]".substring(7));
    refused("llama.block_count", "llama.block_kount", "its metadata has no llama.block_count");
  }

  /** Replaces the first place of a text by another of the same length. */
  private void refused(String text, String other, String message) throws IOException {
    String content = new String(Files.readAllBytes(MIXED), StandardCharsets.ISO_8859_1);
    int at = content.indexOf(text);
    String changed = content.substring(0, at) + other + content.substring(at + text.length());
    Path file = folder.resolve("changed.gguf");
    Files.write(file, changed.getBytes(StandardCharsets.ISO_8859_1));
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> LanguageModel.load(file).close())
        .withMessageStartingWith(file + ": ")
        .withMessageContaining(message);
  }

  static float[] logprobs(LanguageModel model, int[] ids) {
    TokenTree tree = TokenTree.of(new int[] {ids[0]}, Arrays.copyOfRange(ids, 1, ids.length));
    return model.logprobs(PackedTokens.of(List.of(tree)), 1).logprobs();
  }
}
