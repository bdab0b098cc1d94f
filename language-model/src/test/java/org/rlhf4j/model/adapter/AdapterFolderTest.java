package org.rlhf4j.model.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.model.AdapterMerge;
import org.rlhf4j.model.Fixture;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.ModelConfig;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.RandomTokens;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.weights.Safetensors;
import org.rlhf4j.model.weights.SaveFormat;
import org.rlhf4j.settings.UserException;

/** An adapter's folder in and out, and what is said of one that can't be taken. */
class AdapterFolderTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String WEIGHTS = "adapter_model.safetensors";

  @TempDir private Path temp;
  private Path folder;

  private final PackedTokens tokens = PackedTokens.of(List.of(new RandomTokens(1).tree(5, 9)));

  @BeforeEach
  void copyAnAdapter() throws IOException {
    folder = Files.createDirectory(temp.resolve("adapter"));
    for (String file : List.of("adapter_config.json", WEIGHTS)) {
      Files.copy(Fixture.of("lora-gpt2").folder().resolve(file), folder.resolve(file));
    }
    set("base_model_name_or_path", Fixture.of("gpt2").folder().toAbsolutePath().toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"lora-gpt2", "lora-llama", "lora-untied"})
  void whatPeftSavedIsSavedAsItWas(String name) throws IOException {
    Path original = Fixture.of(name).folder();
    Path saved = Files.createDirectory(temp.resolve("saved"));
    try (LanguageModel model = LanguageModel.load(original)) {
      model.save(saved);
    }
    assertSameTensors(original, saved);
    assertThat(config(saved)).isEqualTo(config(original));
    assertThat(saved.resolve("tokenizer.json")).exists();
  }

  @Test
  void aRewardModelsHeadIsSavedWithIt() throws IOException {
    Path original = Fixture.of("lora-reward").folder();
    Path saved = Files.createDirectory(temp.resolve("saved"));
    try (ScalarModel model = ScalarModel.load(original)) {
      model.save(saved);
      assertSameTensors(original, saved);
      assertThat(config(saved)).isEqualTo(config(original));
      Path merged = Files.createDirectory(temp.resolve("merged"));
      AdapterMerge.of(original).write(merged, SaveFormat.DEFAULT);
      try (ScalarModel whole = ScalarModel.load(merged)) {
        assertThat(whole.isAdapted()).isFalse();
        assertThat(whole.scores(tokens)[0])
            .isCloseTo(model.scores(tokens)[0], org.assertj.core.data.Offset.offset(1e-5f));
      }
    }
    assertThatThrownBy(() -> LanguageModel.load(original))
        .hasMessageContaining(
            "is a reward model (sequence classifier), not a language model; name");
    assertThatThrownBy(() -> ScalarModel.load(folder))
        .hasMessageContaining("has no score.weight, so it isn't a reward model");
  }

  private static void assertSameTensors(Path original, Path saved) {
    Safetensors theirs = Safetensors.open(original.resolve(WEIGHTS));
    Safetensors ours = Safetensors.open(saved.resolve(WEIGHTS));
    assertThat(ours.entries().keySet())
        .containsExactlyInAnyOrderElementsOf(theirs.entries().keySet());
    for (Map.Entry<String, Safetensors.Entry> entry : theirs.entries().entrySet()) {
      assertThat(ours.entries().get(entry.getKey()).shape()).isEqualTo(entry.getValue().shape());
      assertThat(ours.values(entry.getKey())).containsExactly(theirs.values(entry.getKey()));
    }
  }

  @Test
  void aFreshOneIsDescribedAsPeftDoes() throws IOException {
    Path base = Fixture.of("gpt2").folder();
    Path saved = Files.createDirectory(temp.resolve("saved"));
    LoraConfig lora = new LoraConfig(2, 5, 0.1, false, List.of());
    float[] expected;
    try (LanguageModel model = LanguageModel.load(base, lora, 1)) {
      expected = model.logprobs(tokens, 1).logprobs();
      model.save(saved);
    }
    JsonNode config = config(saved);
    assertThat(config.get("peft_type").asText()).isEqualTo("LORA");
    assertThat(config.get("task_type").asText()).isEqualTo("CAUSAL_LM");
    assertThat(config.get("base_model_name_or_path").asText())
        .isEqualTo(base.toAbsolutePath().toString());
    assertThat(config.get("r").asInt()).isEqualTo(2);
    assertThat(config.get("lora_alpha").asInt()).isEqualTo(5);
    assertThat(config.get("lora_dropout").asDouble()).isEqualTo(0.1);
    assertThat(config.get("target_modules").toString()).isEqualTo("[\"c_attn\"]");
    assertThat(config.get("fan_in_fan_out").asBoolean()).isTrue();
    assertThat(config.get("bias").asText()).isEqualTo("none");
    assertThat(config.get("modules_to_save").isNull()).isTrue();
    try (LanguageModel again = LanguageModel.load(saved)) {
      assertThat(again.logprobs(tokens, 1).logprobs()).containsExactly(expected);
    }
  }

  @Test
  void trainingGoesOnWithTheSameAdapterAlone() throws IOException {
    LoraConfig same = new LoraConfig(3, 5, 0.2, false, List.of(LoraConfig.ALL_LINEAR));
    try (LanguageModel model = LanguageModel.load(folder);
        LanguageModel goesOn = LanguageModel.load(folder, same, 1)) {
      assertThat(goesOn.logprobs(tokens, 1).logprobs())
          .containsExactly(model.logprobs(tokens, 1).logprobs());
    }
    LoraConfig other = new LoraConfig(4, 5, 0, false, List.of());
    assertThatThrownBy(() -> LanguageModel.load(folder, other, 1))
        .isInstanceOf(UserException.class)
        .hasMessage(
            folder
                + ": this is an adapter of rank 3 and alpha 5.0 on c_attn, c_fc, c_proj, and its"
                + " training would continue; give the same settings, leave out --lora-rank, or"
                + " merge it first: `rlhf merge`");
  }

  @Test
  void aRunDirectoryCountsAsItsAdapter() throws IOException {
    Path run = Files.createDirectory(temp.resolve("run"));
    Files.move(folder, run.resolve("model"));
    LanguageModel.load(run).close();
    assertThat(ModelConfig.read(run.resolve("model")).dimensions().hidden()).isEqualTo(32);
    assertThat(ModelConfig.tokenizerFolderOf(run))
        .isEqualTo(Fixture.of("gpt2").folder().toAbsolutePath());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "peft_type|\"IA3\"|LORA",
        "task_type|\"SEQ_2_SEQ_LM\"|CAUSAL_LM, SEQ_CLS",
        "bias|\"all\"|none",
        "use_dora|true|none",
        "rank_pattern|{\"c_fc\":8}|none",
        "alpha_pattern|{\"c_fc\":8}|none",
        "modules_to_save|[\"lm_head\"]|score, of a reward model",
        "init_lora_weights|\"pissa\"|true, gaussian",
        "layer_replication|[[0,1]]|none",
        "something_new|1|none"
      })
  void whatIsntComputedIsRefusedByName(String key, String value, String supported)
      throws IOException {
    ObjectNode config = config(folder);
    config.set(key, JSON.readTree(value));
    JSON.writeValue(folder.resolve("adapter_config.json").toFile(), config);
    refused("adapter_config.json: %s = %s isn't supported; supported: %s", key, value, supported);
  }

  @Test
  void filesThatDontFit() throws IOException {
    set("base_model_name_or_path", "nowhere at all");
    refused("its base model nowhere at all isn't there; write the base's folder to");
    set("base_model_name_or_path", "");
    refused("names no base model; write its folder to \"base_model_name_or_path\"");
    set("base_model_name_or_path", Fixture.of("lora-llama").folder().toAbsolutePath().toString());
    refused("is an adapter itself; merge that: `rlhf merge --model");
    set(
        "base_model_name_or_path",
        Fixture.of("llama-mha-fp16").folder().toAbsolutePath().toString());
    refused("holds no adapter of this model's matrices; is ");
    Files.copy(
        Fixture.of("lora-llama").folder().resolve(WEIGHTS),
        folder.resolve(WEIGHTS),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    refused("adapter_config.json and the base say [3, 32]");
    Files.delete(folder.resolve(WEIGHTS));
    refused(WEIGHTS + ": no such file; an adapter is adapter_config.json and " + WEIGHTS);
  }

  @Test
  void aWholeModelHasNothingToMerge() throws IOException {
    Path base = Fixture.of("gpt2").folder();
    assertThatThrownBy(() -> AdapterMerge.of(base))
        .isInstanceOf(UserException.class)
        .hasMessage(base + ": this is a whole model, not an adapter, so there is nothing to merge");
  }

  private void refused(String message, Object... arguments) {
    assertThatThrownBy(() -> LanguageModel.load(folder))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(arguments.length == 0 ? message : message.formatted(arguments));
  }

  private void set(String key, String value) throws IOException {
    ObjectNode config = config(folder);
    config.put(key, value);
    JSON.writeValue(folder.resolve("adapter_config.json").toFile(), config);
  }

  private static ObjectNode config(Path folder) throws IOException {
    return (ObjectNode) JSON.readTree(folder.resolve("adapter_config.json").toFile());
  }
}
