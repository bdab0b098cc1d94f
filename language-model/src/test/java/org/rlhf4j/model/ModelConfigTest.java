package org.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.model.family.Dimensions;
import org.rlhf4j.settings.UserException;

class ModelConfigTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String GPT2 =
      """
      {"model_type": "gpt2", "vocab_size": 97, "n_embd": 32, "n_layer": 2, "n_head": 4,
       "n_positions": 64}""";

  private static final String LLAMA =
      """
      {"model_type": "llama", "vocab_size": 97, "hidden_size": 32, "num_hidden_layers": 2,
       "num_attention_heads": 4, "intermediate_size": 48, "max_position_embeddings": 64}""";

  @TempDir private Path folder;

  @Test
  void fillsInWhatTransformersAssumes() throws IOException {
    Dimensions gpt2 = TinyConfig.read(folder, GPT2).dimensions();
    assertThat(gpt2).isEqualTo(new Dimensions(97, 32, 2, 4, 4, 8, 128, 64, 1e-5, true, 0.02));

    Dimensions llama = TinyConfig.read(folder, LLAMA).dimensions();
    assertThat(llama).isEqualTo(new Dimensions(97, 32, 2, 4, 4, 8, 48, 64, 1e-6, false, 0.02));
  }

  /** transformers 5 nests what transformers 4 has at the top. */
  @Test
  void readsTheRotaryBaseOfEitherForm() throws IOException {
    ObjectNode four = (ObjectNode) JSON.readTree(LLAMA);
    four.put("rope_theta", 16.0).putNull("rope_scaling");
    ObjectNode five = (ObjectNode) JSON.readTree(LLAMA);
    five.putObject("rope_parameters").put("rope_theta", 16.0).put("rope_type", "default");

    // Heads of 8: 16^(−2i/8) for i = 0 to 3.
    assertThat(frequencies(four)).isEqualTo(List.of(1.0, 0.5, 0.25, 0.125));
    assertThat(frequencies(five)).isEqualTo(List.of(1.0, 0.5, 0.25, 0.125));
  }

  private Object frequencies(ObjectNode config) throws IOException {
    return TinyConfig.read(folder, config.toString()).blueprint().constants().get("frequencies");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "model_type | \"mamba\" | the family of model_type \"mamba\" isn't known; known"
            + " families: gemma2, gemma3_text, gpt2, gpt_neox, granite, llama, mistral, olmo2, phi3,"
            + " qwen2, qwen3, smollm3, stablelm",
        "model_type | null | isn't known; known families",
        "n_embd | null | \"n_embd\" is null; it must be a whole number of at least 1",
        "n_embd | 0 | \"n_embd\" is 0; it must be a whole number",
        "n_embd | 3.5 | \"n_embd\" is 3.5; it must be a whole number",
        "n_embd | 99999999999 | \"n_embd\" is 99999999999; it must be a whole number",
        "n_embd | 1000000000 | \"n_embd\" is 1000000000; it must be at most 16777216",
        "n_layer | 2147483647 | \"n_layer\" is 2147483647; it must be at most 1000",
        "n_head | \"4\" | \"n_head\" is \"4\"; it must be a whole number",
        "n_head | 5 | n_head = 5 isn't supported; supported: a divisor of n_embd 32",
        "activation_function | \"relu\" | activation_function = \"relu\" isn't supported",
        "scale_attn_weights | false | scale_attn_weights = false isn't supported; supported: true",
        "scale_attn_by_inverse_layer_idx | true | supported: false",
        "layer_norm_epsilon | \"small\" | \"layer_norm_epsilon\" is \"small\"; it must be a number",
        "tie_word_embeddings | 1 | \"tie_word_embeddings\" is 1; it must be true or false",
        "n_positions | -1 | \"n_positions\" is -1; it must be a whole number"
      })
  void refusesAGpt2ThatItWouldComputeWrongly(String key, String value, String reason)
      throws IOException {
    refused(GPT2, key, value, reason);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "hidden_act | \"gelu\" | hidden_act = \"gelu\" isn't supported; supported: silu",
        "attention_bias | 1 | \"attention_bias\" is 1; it must be true or false",
        "mlp_bias | 1 | \"mlp_bias\" is 1; it must be true or false",
        "num_key_value_heads | 3 | supported: a divisor of num_attention_heads 4",
        "num_attention_heads | 5 | supported: a divisor of hidden_size 32",
        "head_dim | 7 | head_dim = 7 isn't supported; supported: an even number",
        "rope_scaling | {\"type\": \"mrope\"} | rope_scaling.type = \"mrope\" isn't supported",
        "rope_scaling | {\"type\": \"linear\"} | \"rope_scaling.factor\" is missing",
        "rope_scaling | 2 | \"rope_scaling\" is 2; it must be an object",
        "rope_parameters | {\"rope_type\": \"mrope\"} | supported: rope_type default",
        "rope_parameters | [] | \"rope_parameters\" is []; it must be an object",
        "rope_theta | \"big\" | \"rope_theta\" is \"big\"; it must be a number"
      })
  void refusesALlamaThatItWouldComputeWrongly(String key, String value, String reason)
      throws IOException {
    refused(LLAMA, key, value, reason);
  }

  @Test
  void saysWhereAFileIsNoJson() throws IOException {
    Path file = Files.writeString(folder.resolve("config.json"), "{\n  \"n_embd\": 3x\n}");
    assertThatThrownBy(() -> ModelConfig.read(folder))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(file + ":2:")
        .hasMessageContaining("not valid JSON");
    Files.writeString(file, "[]");
    assertThatThrownBy(() -> ModelConfig.read(folder)).hasMessageContaining("a JSON object");
    Files.writeString(file, "");
    assertThatThrownBy(() -> ModelConfig.read(folder)).isInstanceOf(UserException.class);
  }

  private void refused(String json, String key, String value, String reason) throws IOException {
    ObjectNode config = (ObjectNode) JSON.readTree(json);
    config.set(key, JSON.readTree(value));
    assertThatThrownBy(() -> TinyConfig.read(folder, config.toString()))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(folder.resolve("config.json") + ": ")
        .hasMessageContaining(reason);
  }
}
