package org.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.model.weights.Safetensors;
import org.rlhf4j.model.weights.SaveFormat;
import org.rlhf4j.model.weights.StridedTensor;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.settings.UserException;

/**
 * Folders whose files disagree: they are read as transformers 5.23 reads them, or refused by name.
 */
class FolderConsistencyTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TIED = "llama-gqa-tied";
  private static final String EMBEDDING = "model.embed_tokens.weight";
  private static final String HEAD = "lm_head.weight";
  private static final String SCORE = "score.weight";
  private static final PackedTokens TOKENS =
      PackedTokens.of(List.of(new RandomTokens(1).tree(5, 9)));

  @TempDir private Path temp;
  private int folders;

  // ---- the head ----

  @Test
  void aHeadThatIsntTheEmbeddingIsUsedThoughTheConfigurationSaysTied() throws IOException {
    Path folder = copy(TIED);
    float[] tied = logprobs(folder);
    weights(folder, w -> w.put(HEAD, plus(w.get(EMBEDDING), 0.1f)));
    Path said = copy(TIED);
    config(said, c -> c.put("tie_word_embeddings", false));
    weights(said, w -> w.put(HEAD, plus(w.get(EMBEDDING), 0.1f)));
    assertThat(logprobs(folder)).containsExactly(logprobs(said)).isNotEqualTo(tied);

    Path saved = saved(folder);
    assertThat(json(saved, "config.json").path("tie_word_embeddings").asBoolean()).isFalse();
    assertThat(logprobs(saved)).containsExactly(logprobs(said));
  }

  @Test
  void aCopyOfTheEmbeddingIsNoOtherHead() throws IOException {
    Path folder = copy(TIED);
    weights(folder, w -> w.put(HEAD, w.get(EMBEDDING)));
    assertThat(logprobs(folder)).containsExactly(logprobs(copy(TIED)));
    Path saved = saved(folder);
    assertThat(json(saved, "config.json").path("tie_word_embeddings").asBoolean()).isTrue();
    assertThat(names(saved)).doesNotContain(HEAD);
  }

  @Test
  void aHeadAloneIsTheEmbeddingToo() throws IOException {
    Path folder = copy(TIED);
    weights(folder, w -> w.put(HEAD, w.remove(EMBEDDING)));
    assertThat(logprobs(folder)).containsExactly(logprobs(copy(TIED)));
    assertThat(names(saved(folder))).contains(EMBEDDING).doesNotContain(HEAD);
  }

  @Test
  void aHeadThatIsMissingIsRefused() throws IOException {
    Path folder = copy(TIED);
    config(folder, c -> c.put("tie_word_embeddings", false));
    refused(
        folder,
        "tensor lm_head.weight is missing; config.json says that it isn't the embedding"
            + " (tie_word_embeddings false); correct that, or save the model again");
  }

  // ---- prefixes ----

  @ParameterizedTest
  @CsvSource({
    "module., of torch's DataParallel",
    "_orig_mod., of torch.compile",
    "model., ''",
    "pretrained_model., of TRL's models with a value head",
    "language_model., ''"
  })
  void aPrefixIsNamed(String prefix, String whose) throws IOException {
    Path folder = copy(TIED);
    renamed(folder, name -> prefix + name);
    refused(
        folder,
        ("tensor %s is missing; there is %s, so the names have the prefix \"%s\"%s; save the weights"
                + " without it")
            .formatted(EMBEDDING, prefix + EMBEDDING, prefix, whose.isEmpty() ? "" : " " + whose));
  }

  @Test
  void aBackboneWithoutItsPrefixLoadsAndOneWithAnotherIsNamed() throws IOException {
    Path folder = copy(TIED);
    renamed(folder, name -> name.replaceFirst("^model\\.", ""));
    assertThat(logprobs(folder)).containsExactly(logprobs(copy(TIED)));
    renamed(folder, name -> "_orig_mod." + name);
    refused(folder, "so the names have the prefix \"_orig_mod.\" of torch.compile; save");
  }

  // ---- labels ----

  @Test
  void oneRowOfAHeadIsOneLabelAndSavedAsSuch() throws IOException {
    Path folder = copy("llama-reward");
    config(folder, c -> c.remove(List.of("id2label", "label2id", "num_labels")));
    try (ScalarModel model = ScalarModel.load(folder);
        ScalarModel said = ScalarModel.load(Fixture.of("llama-reward").folder())) {
      assertThat(model.scores(TOKENS)).containsExactly(said.scores(TOKENS));
      Path saved = Files.createDirectory(temp.resolve("saved"));
      model.save(saved);
      assertThat(json(saved, "config.json").path("id2label").size()).isEqualTo(1);
    }
  }

  @Test
  void labelsThatTheConfigurationDoesntSayAreTheHeadsRows() throws IOException {
    Path folder = copy("llama-reward");
    config(folder, c -> c.remove(List.of("id2label", "label2id", "num_labels")));
    weights(
        folder,
        w -> {
          float[] row = w.get(SCORE).values();
          w.put(SCORE, tensor(List.of(3L, (long) row.length), new float[3 * row.length]));
        });
    assertThatThrownBy(() -> ScalarModel.load(folder))
        .isInstanceOf(UserException.class)
        .hasMessage(
            folder.resolve("config.json") + ": it has 3 labels, but a reward model has one");
  }

  @Test
  void aLanguageModelWithAScalarHeadIsToldWhatItIs() throws IOException {
    Path folder = copy("llama-reward");
    config(folder, c -> c.putArray("architectures").add("LlamaForCausalLM"));
    assertThatThrownBy(() -> ScalarModel.load(folder))
        .isInstanceOf(UserException.class)
        .hasMessage(
            folder.resolve("config.json")
                + ": says LlamaForCausalLM, a language model, but there is score.weight; write"
                + " LlamaForSequenceClassification to \"architectures\" if this is a reward model");
    LanguageModel.load(folder).close();
  }

  // ---- the end of a sequence ----

  @Test
  void anEndThatOnlyTheTokenizerNamesIsWrittenToAllFiles() throws IOException {
    Path folder = copy(TIED);
    edit(folder, "tokenizer_config.json", c -> c.put("eos_token", "<|pad|>"));
    edit(folder, "generation_config.json", c -> c.put("temperature", 0.6));
    Path saved = saved(folder);
    assertThat(json(saved, "config.json").path("eos_token_id").toString()).isEqualTo("1");
    JsonNode generation = json(saved, "generation_config.json");
    assertThat(generation.path("eos_token_id").toString()).isEqualTo("[1,0]");
    assertThat(generation.path("temperature").asDouble()).isEqualTo(0.6);
    assertThat(saved.resolve("tokenizer_config.json"))
        .hasSameBinaryContentAs(folder.resolve("tokenizer_config.json"));
    assertThat(stops(saved)).containsExactly(0, 1).isEqualTo(stops(folder));
  }

  @Test
  void noIdThatEndedSamplingIsLost() throws IOException {
    Path folder = copy(TIED);
    Files.delete(folder.resolve("generation_config.json"));
    config(folder, c -> c.putArray("eos_token_id").add(0).add(5));
    assertThat(stops(folder)).containsExactly(0, 5);
    assertThat(saved(folder).resolve("generation_config.json")).doesNotExist();

    edit(folder, "tokenizer_config.json", c -> c.put("eos_token", "<|pad|>"));
    Path saved = saved(folder);
    assertThat(json(saved, "config.json").path("eos_token_id").toString()).isEqualTo("[1,0,5]");
    JsonNode generation = json(saved, "generation_config.json");
    assertThat(generation.path("eos_token_id").toString()).isEqualTo("[1,0,5]");
    assertThat(generation.path("pad_token_id").asInt()).isEqualTo(1);
    assertThat(stops(saved)).containsExactly(0, 1, 5);
  }

  @Test
  void anEndThatOnlyTheConfigurationNamesIsWrittenToTheTokenizer() throws IOException {
    Path folder = copy(TIED);
    edit(folder, "tokenizer_config.json", c -> c.remove("eos_token"));
    config(folder, c -> c.put("eos_token_id", 1));
    Path saved = saved(folder);
    assertThat(json(saved, "tokenizer_config.json").path("eos_token").asText())
        .isEqualTo("<|pad|>");
    assertThat(json(saved, "generation_config.json").path("eos_token_id").toString())
        .isEqualTo("[1,0]");
  }

  @Test
  void anAdaptersTokenizerEndsWhereItsBaseEnds() throws IOException {
    Path base = copy(TIED);
    edit(base, "generation_config.json", c -> c.putArray("eos_token_id").add(0).add(7));
    Path adapter = copy("lora-llama");
    for (String file : List.of("tokenizer.json", "tokenizer_config.json")) {
      if (!Files.exists(adapter.resolve(file))) {
        Files.copy(base.resolve(file), adapter.resolve(file));
      }
    }
    edit(adapter, "adapter_config.json", c -> c.put("base_model_name_or_path", base.toString()));
    assertThat(stops(adapter)).containsExactly(0, 7);
    Path merged = Files.createDirectory(temp.resolve("merged"));
    AdapterMerge.of(adapter).write(merged, SaveFormat.DEFAULT);
    assertThat(stops(merged)).containsExactly(0, 7);
  }

  // ---- what travels ----

  @Test
  void moreTemplatesAndTheLicenseTravel() throws IOException {
    Path folder = copy(TIED);
    Path templates = Files.createDirectory(folder.resolve("additional_chat_templates"));
    Files.writeString(templates.resolve("tool_use.jinja"), "{{ tools }}");
    Files.writeString(templates.resolve("rag.jinja"), "{{ documents }}");
    Files.writeString(folder.resolve("LICENSE"), "Ours\n");
    Path saved = saved(folder);
    for (String name :
        List.of(
            "additional_chat_templates/tool_use.jinja",
            "additional_chat_templates/rag.jinja",
            "LICENSE")) {
      assertThat(saved.resolve(name)).hasSameBinaryContentAs(folder.resolve(name));
    }
  }

  // ---- numbers ----

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void aNumberThatIsntFiniteIsNamed(float number) throws IOException {
    String tensor = "model.layers.1.mlp.up_proj.weight"; // lies beside the gate's, transposed
    Path folder = copy(TIED);
    weights(
        folder,
        w -> {
          float[] values = w.get(tensor).values();
          values[values.length - 2] = number;
          w.put(tensor, tensor(w.get(tensor).shape(), values));
        });
    String message =
        ("%s: tensor %s holds %s, so nothing can be computed with it; name an earlier checkpoint, or"
                + " download it again")
            .formatted(folder.resolve("model.safetensors"), tensor, number);
    for (Precision precision : Precision.values()) {
      assertThatThrownBy(() -> LanguageModel.load(folder, precision)).hasMessage(message);
    }
    assertThatThrownBy(() -> ScalarModel.loadOrStart(folder, 1)).hasMessage(message);
  }

  @Test
  void anAdaptersNumberThatIsntFiniteIsNamed() throws IOException {
    Path base = Fixture.of(TIED).folder().toAbsolutePath();
    Path adapter = copy("lora-llama");
    edit(adapter, "adapter_config.json", c -> c.put("base_model_name_or_path", base.toString()));
    Path file = adapter.resolve("adapter_model.safetensors");
    Map<String, StridedTensor> tensors = read(file);
    String name = tensors.keySet().stream().filter(n -> n.contains("lora_B")).findFirst().get();
    float[] values = tensors.get(name).values();
    values[0] = Float.NaN;
    tensors.put(name, tensor(tensors.get(name).shape(), values));
    Safetensors.write(file, tensors);
    assertThatThrownBy(() -> LanguageModel.load(adapter))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("%s: tensor %s holds NaN, so".formatted(file, name));
  }

  // ---- folders ----

  private static void refused(Path folder, String message) {
    assertThatThrownBy(() -> LanguageModel.load(folder))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(message);
  }

  private static float[] logprobs(Path folder) {
    try (LanguageModel model = LanguageModel.load(folder)) {
      return model.logprobs(TOKENS, 1).logprobs();
    }
  }

  private static int[] stops(Path folder) {
    try (LanguageModel model = LanguageModel.load(folder)) {
      return model.tokenizer().stopIds();
    }
  }

  private Path saved(Path folder) throws IOException {
    Path saved = Files.createDirectory(temp.resolve("saved" + folders++));
    try (LanguageModel model = LanguageModel.load(folder)) {
      model.save(saved);
    }
    return saved;
  }

  private Path copy(String name) throws IOException {
    Path target = Files.createDirectory(temp.resolve(name + folders++));
    try (Stream<Path> files = Files.list(Fixture.of(name).folder())) {
      for (Path file : files.toList()) {
        Files.copy(file, target.resolve(file.getFileName()));
      }
    }
    return target;
  }

  private static JsonNode json(Path folder, String file) throws IOException {
    return JSON.readTree(folder.resolve(file).toFile());
  }

  private static void config(Path folder, Consumer<ObjectNode> change) throws IOException {
    edit(folder, "config.json", change);
  }

  private static void edit(Path folder, String file, Consumer<ObjectNode> change)
      throws IOException {
    ObjectNode json = (ObjectNode) json(folder, file);
    change.accept(json);
    JSON.writeValue(folder.resolve(file).toFile(), json);
  }

  private static List<String> names(Path folder) {
    return List.copyOf(Safetensors.open(folder.resolve("model.safetensors")).names());
  }

  private static void weights(Path folder, Consumer<Map<String, StridedTensor>> change)
      throws IOException {
    Path file = folder.resolve("model.safetensors");
    Map<String, StridedTensor> tensors = read(file);
    change.accept(tensors);
    Safetensors.write(file, tensors);
  }

  private static void renamed(Path folder, UnaryOperator<String> rename) throws IOException {
    Path file = folder.resolve("model.safetensors");
    Map<String, StridedTensor> tensors = new LinkedHashMap<>();
    read(file).forEach((name, tensor) -> tensors.put(rename.apply(name), tensor));
    Safetensors.write(file, tensors);
  }

  private static Map<String, StridedTensor> read(Path file) {
    Safetensors from = Safetensors.open(file);
    Map<String, StridedTensor> tensors = new LinkedHashMap<>();
    from.names().forEach(name -> tensors.put(name, tensor(from.shape(name), from.values(name))));
    return tensors;
  }

  private static StridedTensor plus(StridedTensor tensor, float number) {
    float[] values = tensor.values();
    for (int i = 0; i < values.length; i += 3) {
      values[i] += number;
    }
    return tensor(tensor.shape(), values);
  }

  private static StridedTensor tensor(List<Long> shape, float[] values) {
    StridedTensor tensor =
        StridedTensor.contiguous(shape, ByteBuffer.allocate(values.length * Float.BYTES));
    tensor.put(0, tensor.rows(), values);
    return tensor;
  }
}
