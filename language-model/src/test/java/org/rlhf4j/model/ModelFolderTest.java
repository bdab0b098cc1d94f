package org.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.model.weights.Safetensors;
import org.rlhf4j.model.weights.StridedTensor;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;

/** A model folder in and out, and what is said of one that isn't whole. */
class ModelFolderTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path temp;
  private Path folder;

  @BeforeEach
  void copyAModel() throws IOException {
    folder = copy("gpt2");
  }

  @EveryFamily
  void whatIsSavedLoadsToTheSameNumbers(String name) throws IOException {
    Path original = Fixture.of(name).folder();
    Path saved = Files.createDirectory(temp.resolve("saved"));
    PackedTokens tokens = PackedTokens.of(List.of(new RandomTokens(1).tree(5, 9)));
    try (LanguageModel model = LanguageModel.load(original)) {
      model.save(saved);
      try (LanguageModel again = LanguageModel.load(saved)) {
        assertThat(again.logprobs(tokens, 1).logprobs())
            .containsExactly(model.logprobs(tokens, 1).logprobs());
      }
    }
    assertThat(config(saved)).isEqualTo(inFloat32(config(original)));
    assertThat(saved.resolve("tokenizer.json"))
        .hasSameBinaryContentAs(original.resolve("tokenizer.json"));
    assertThat(Safetensors.open(saved.resolve("model.safetensors")).entries().keySet())
        .containsExactlyInAnyOrderElementsOf(tensorsOf(original));
  }

  @Test
  void aScalarModelIsASequenceClassifierWhosePadIsNotEos() throws IOException {
    Path saved = Files.createDirectory(temp.resolve("saved"));
    PackedTokens tokens = PackedTokens.of(List.of(new RandomTokens(1).tree(5, 9, 4)));
    try (LanguageModel model = LanguageModel.load(folder);
        ScalarModel scalar = ScalarModel.from(model, 5)) {
      scalar.save(saved);
      try (ScalarModel again = ScalarModel.load(saved)) {
        assertThat(again.scores(tokens)).containsExactly(scalar.scores(tokens));
      }
      try (ScalarModel started = ScalarModel.loadOrStart(folder, 5);
          ScalarModel other = ScalarModel.loadOrStart(folder, 6)) {
        assertThat(started.scores(tokens)).containsExactly(scalar.scores(tokens));
        assertThat(other.scores(tokens)).doesNotContain(scalar.scores(tokens));
      }
    }
    ObjectNode config = config(saved);
    assertThat(config.path("architectures").path(0).asText())
        .isEqualTo("GPT2ForSequenceClassification");
    assertThat(config.path("id2label").toString()).isEqualTo("{\"0\":\"LABEL_0\"}");
    assertThat(config.path("label2id").toString()).isEqualTo("{\"LABEL_0\":0}");
    assertThat(config.path("pad_token_id").asInt())
        .isNotEqualTo(config.path("eos_token_id").asInt());
  }

  @Test
  void aHeadOfTheCheckpointIsKept() throws IOException {
    PackedTokens tokens = PackedTokens.of(List.of(new RandomTokens(1).tree(5, 9)));
    Path reward = Fixture.of("gpt2-reward").folder();
    try (ScalarModel model = ScalarModel.load(reward);
        ScalarModel started = ScalarModel.loadOrStart(reward, 3)) {
      assertThat(started.scores(tokens)).containsExactly(model.scores(tokens));
    }
  }

  @Test
  void aRunDirectoryCountsAsItsModel() throws IOException {
    Path run = Files.createDirectory(temp.resolve("run"));
    Files.move(folder, run.resolve("model"));
    LanguageModel.load(run).close();
  }

  @Test
  void aMissingFolderIsWrongUsage() {
    assertThatThrownBy(() -> LanguageModel.load(temp.resolve("no")))
        .isInstanceOf(UsageException.class)
        .hasMessageEndingWith(
            "no: no such folder; name a model folder, a run directory or a hub id");
  }

  @Test
  void filesThatAreMissing() throws IOException {
    Files.move(folder.resolve("model.safetensors"), folder.resolve("elsewhere"));
    refused("no model.safetensors; `rlhf new` makes a model from a configuration");
    Files.createFile(folder.resolve("pytorch_model.bin"));
    refused(
        "its weights are a pickle (pytorch_model.bin), and pickles are never read; convert it with:"
            + " python -c \"import transformers as t;"
            + " t.GPT2LMHeadModel.from_pretrained('%1$s').save_pretrained('%1$s');"
                .formatted(folder)
            + " t.AutoTokenizer.from_pretrained('%1$s').save_pretrained('%1$s')\""
                .formatted(folder));
    Files.delete(folder.resolve("config.json"));
    refused("config.json: no such file; a model is a folder with config.json");
  }

  @Test
  void aRewardModelIsNoLanguageModelAndTheOtherWayRound() throws IOException {
    assertThatThrownBy(() -> LanguageModel.load(Fixture.of("gpt2-reward").folder()))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(
            "is a reward model (sequence classifier), not a language model; name");
    assertThatThrownBy(() -> ScalarModel.load(folder))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("has no score.weight, so it isn't a reward model");
  }

  @Test
  void aClassifierOfSeveralLabelsIsNoRewardModel() throws IOException {
    Path classifier = copy("llama-reward");
    ObjectNode config = config(classifier);
    config.putObject("id2label").put("0", "A").put("1", "B");
    JSON.writeValue(classifier.resolve("config.json").toFile(), config);
    assertThatThrownBy(() -> ScalarModel.load(classifier))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith("it has 2 labels, but a reward model has one");
  }

  @Test
  void weightsThatArentThoseOfTheConfiguration() throws IOException {
    edit( // its bytes are those of a mask, which is passed over
        header ->
            header.set("transformer.h.1.attn.bias", header.remove("transformer.h.1.ln_2.bias")));
    refused(
        "tensor transformer.h.1.ln_2.bias is missing; does config.json belong to these weights?");
  }

  @Test
  void aTensorOfAnotherShape() throws IOException {
    edit(header -> shape(header, "transformer.h.0.mlp.c_fc.weight", 128, 32));
    refused("tensor transformer.h.0.mlp.c_fc.weight is [128, 32]; config.json says [32, 128]");
  }

  @Test
  void aTensorOfAnotherType() throws IOException {
    edit(header -> ((ObjectNode) header.get("transformer.wpe.weight")).put("dtype", "I32"));
    refused("tensor transformer.wpe.weight is I32; F32, BF16 and F16 are read");
  }

  @Test
  void aTensorThatNoOneKnows() throws IOException {
    edit(header -> header.putObject("adapter.w").put("dtype", "F32").putArray("shape").add(0));
    refused("tensor adapter.w of shape [0] claims bytes -1 to -1");
    edit(header -> ((ObjectNode) header.get("adapter.w")).putArray("data_offsets").add(0).add(0));
    refused("unknown tensor adapter.w (1 in all) for model_type GPT2");
  }

  @Test
  void masksOfOldCheckpointsArePassedOver() throws IOException {
    edit(
        header -> {
          ObjectNode mask = header.putObject("transformer.h.0.attn.bias").put("dtype", "BOOL");
          mask.putArray("shape").add(0);
          mask.putArray("data_offsets").add(0).add(0);
        });
    LanguageModel.load(folder).close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../model.safetensors",
        "/etc/model.safetensors",
        "sub/model.safetensors",
        "..\\\\model.safetensors",
        "model\\u0000.safetensors",
        "pytorch_model.bin",
        ""
      })
  void aShardThatLeavesTheFolder(String shard) throws IOException {
    Path sharded = copy("llama-untied-bf16");
    Files.writeString(
        sharded.resolve("model.safetensors.index.json"),
        "{\"weight_map\": {\"model.norm.weight\": \"%s\"}}".formatted(shard));
    assertThatThrownBy(() -> LanguageModel.load(sharded))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("index.json: it names the file \"" + shard + "\"")
        .hasMessageEndingWith("shards must be safetensors files beside the index");
  }

  @Test
  void aShardThatIsMissing() throws IOException {
    Path sharded = copy("llama-untied-bf16");
    Files.delete(sharded.resolve("model-00002-of-00003.safetensors"));
    assertThatThrownBy(() -> LanguageModel.load(sharded))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith("model-00002-of-00003.safetensors: no such file");
  }

  @Test
  void weightsCanBeSetFromAnotherModel() throws IOException {
    PackedTokens tokens = PackedTokens.of(List.of(new RandomTokens(1).tree(5, 9)));
    try (LanguageModel model = LanguageModel.load(folder);
        LanguageModel copy = model.copy()) {
      float[] before = model.logprobs(tokens, 1).logprobs();
      model.parameters().change(0, memory -> memory.putFloat(0, 3).putFloat(40, -3));
      model.parameters().change(3, memory -> memory.putFloat(0, 3));
      float[] changed = model.logprobs(tokens, 1).logprobs();

      assertThat(changed).isNotEqualTo(before);
      assertThat(copy.logprobs(tokens, 1).logprobs()).containsExactly(before);
      copy.parameters().set(model.parameters());
      assertThat(copy.logprobs(tokens, 1).logprobs()).containsExactly(changed);
      Map<String, StridedTensor> tensors = model.parameters().tensors();
      assertThat(tensors.get("wte.weight").values()[0]).isEqualTo(3);
    }
  }

  private void refused(String reason) {
    assertThatThrownBy(() -> LanguageModel.load(folder))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(reason)
        .message()
        .doesNotContain("\n");
  }

  private Path copy(String name) throws IOException {
    Path target = Files.createDirectory(temp.resolve(name));
    try (Stream<Path> files = Files.list(Fixture.of(name).folder())) {
      for (Path file : files.toList()) {
        Files.copy(file, target.resolve(file.getFileName()));
      }
    }
    return target;
  }

  private static void shape(ObjectNode header, String tensor, int... shape) {
    ObjectNode entry = (ObjectNode) header.get(tensor);
    entry.putArray("shape").add(shape[0]).add(shape[1]);
  }

  /** Rewrites the weights' header and leaves their data as it is. */
  private void edit(Consumer<ObjectNode> change) throws IOException {
    Path file = folder.resolve("model.safetensors");
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    int length = (int) bytes.getLong();
    ObjectNode header = (ObjectNode) JSON.readTree(bytes.array(), 8, length);
    change.accept(header);
    byte[] text = JSON.writeValueAsBytes(header);
    ByteBuffer out =
        ByteBuffer.allocate(bytes.capacity() - length + text.length).order(ByteOrder.LITTLE_ENDIAN);
    out.putLong(text.length).put(text).put(bytes.position(8 + length));
    Files.write(file, out.array());
  }

  private static ObjectNode config(Path folder) throws IOException {
    return (ObjectNode) JSON.readTree(folder.resolve("config.json").toFile());
  }

  /** Saved weights are fp32, and the configuration says so. */
  private static ObjectNode inFloat32(ObjectNode config) {
    for (String key : List.of("dtype", "torch_dtype")) {
      if (config.has(key)) {
        config.put(key, "float32");
      }
    }
    return config;
  }

  private static List<String> tensorsOf(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.getFileName().toString().matches("model.*\\.safetensors"))
          .map(Safetensors::open)
          .flatMap(file -> file.entries().keySet().stream())
          .toList();
    }
  }
}
