package org.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.model.weights.Dtype;
import org.rlhf4j.model.weights.Safetensors;
import org.rlhf4j.model.weights.SaveFormat;

/** Weights out: in which number format, and in how many files. */
class SavedWeightsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final PackedTokens TOKENS =
      PackedTokens.of(List.of(new RandomTokens(1).tree(5, 9)));

  @TempDir private Path temp;

  @Test
  void shardsHoldEachTensorOnceAndLoadToTheSameNumbers() throws IOException {
    Path saved = save("llama-gqa-tied", new SaveFormat(Dtype.FP32, 20_000));
    List<String> files = safetensors(saved);
    assertThat(files.size()).isGreaterThan(2);
    for (int i = 0; i < files.size(); i++) {
      assertThat(files.get(i))
          .isEqualTo(
              String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", i + 1, files.size()));
    }
    Map<String, String> places = new TreeMap<>();
    long weights = 0;
    for (String file : files) {
      Map<String, Safetensors.Entry> entries = Safetensors.open(saved.resolve(file)).entries();
      entries.keySet().forEach(tensor -> assertThat(places.put(tensor, file)).isNull());
      long size = entries.values().stream().mapToLong(Safetensors.Entry::elements).sum();
      assertThat(size * 4).isLessThanOrEqualTo(20_000);
      weights += size;
    }
    JsonNode index = JSON.readTree(saved.resolve("model.safetensors.index.json").toFile());
    assertThat(
            JSON.convertValue(index.get("weight_map"), new TypeReference<Map<String, String>>() {}))
        .isEqualTo(places);
    assertThat(index.at("/metadata/total_size").longValue()).isEqualTo(4 * weights);
    assertThat(index.at("/metadata/total_parameters").longValue()).isEqualTo(weights);
    // The head is the embedding: it is written under one name.
    assertThat(places).containsKey("model.embed_tokens.weight").doesNotContainKey("lm_head.weight");
    try (LanguageModel model = LanguageModel.load(Fixture.of("llama-gqa-tied").folder());
        LanguageModel again = LanguageModel.load(saved)) {
      assertThat(model.parameters().count()).isEqualTo(weights);
      assertThat(again.logprobs(TOKENS, 1).logprobs())
          .containsExactly(model.logprobs(TOKENS, 1).logprobs());
    }
  }

  /** The largest tensor of gpt2 here is the MLP's [32, 128], 8,192 bytes in 16 bits. */
  @Test
  void aTensorThatIsLargerThanAShardHasOneOfItsOwn() throws IOException {
    Path saved = save("gpt2", new SaveFormat(Dtype.BF16, 8_000));
    int alone = 0;
    for (String file : safetensors(saved)) {
      Map<String, Safetensors.Entry> entries = Safetensors.open(saved.resolve(file)).entries();
      long size = entries.values().stream().mapToLong(Safetensors.Entry::elements).sum();
      alone += size * 2 > 8_000 ? 1 : 0;
      assertThat(size * 2 <= 8_000 || entries.size() == 1).as(file).isTrue();
    }
    assertThat(alone).isEqualTo(4); // c_fc and c_proj of two layers
    LanguageModel.load(saved).close();
  }

  /** What fits is one file, as it was before there were shards. */
  @Test
  void weightsThatFitAreOneFile() throws IOException {
    try (LanguageModel model = LanguageModel.load(Fixture.of("gpt2").folder())) {
      long bytes = 4 * model.parameters().count();
      assertThat(safetensors(save("gpt2", new SaveFormat(Dtype.FP32, bytes))))
          .containsExactly("model.safetensors");
      assertThat(safetensors(save("gpt2", new SaveFormat(Dtype.FP32, bytes - 1)))).hasSize(2);
    }
  }

  @EveryFamily
  void sixteenBitsAreWhatTheConfigurationSays(String name) throws IOException {
    for (Dtype dtype : List.of(Dtype.BF16, Dtype.FP16)) {
      Path saved = save(name, new SaveFormat(dtype, 30_000));
      JsonNode config = JSON.readTree(saved.resolve("config.json").toFile());
      JsonNode before = JSON.readTree(Fixture.of(name).folder().resolve("config.json").toFile());
      String key = before.has("torch_dtype") ? "torch_dtype" : "dtype";
      assertThat(config.get(key).textValue())
          .isEqualTo(dtype == Dtype.BF16 ? "bfloat16" : "float16");
      assertThat(config.size()).isEqualTo(before.size() + (before.has(key) ? 0 : 1));
      try (LanguageModel model = LanguageModel.load(Fixture.of(name).folder());
          LanguageModel again = LanguageModel.load(saved)) {
        float[] now = again.parameters().values();
        model.parameters().round(dtype);
        assertThat(now).containsExactly(model.parameters().values());
      }
      // What is of 16 bits stays as it is when it is written again.
      Path twice = Files.createTempDirectory(temp, "twice");
      try (LanguageModel again = LanguageModel.load(saved)) {
        again.save(twice, new SaveFormat(dtype, 30_000));
      }
      for (String file : safetensors(saved)) {
        assertThat(twice.resolve(file)).hasSameBinaryContentAs(saved.resolve(file));
      }
    }
  }

  @Test
  void anAdapterIsWrittenInItsFormatToo() throws IOException {
    Path adapter = Fixture.of("lora-llama").folder();
    Path saved = Files.createDirectory(temp.resolve("adapter"));
    try (LanguageModel model = LanguageModel.load(adapter)) {
      model.save(saved, new SaveFormat(Dtype.BF16, 100));
      assertThat(Safetensors.open(saved.resolve("adapter_model.safetensors")).entries().values())
          .allSatisfy(entry -> assertThat(entry.type()).isEqualTo(Safetensors.Type.BF16));
      Path merged = Files.createDirectory(temp.resolve("merged"));
      AdapterMerge.of(adapter).write(merged, new SaveFormat(Dtype.FP16, 20_000));
      assertThat(safetensors(merged).size()).isGreaterThan(1);
      try (LanguageModel again = LanguageModel.load(merged)) {
        assertThat(again.logprobs(TOKENS, 1).logprobs())
            .containsExactly(model.logprobs(TOKENS, 1).logprobs(), within(1e-2f));
      }
    }
  }

  private Path save(String name, SaveFormat format) throws IOException {
    Path saved = Files.createTempDirectory(temp, name);
    try (LanguageModel model = LanguageModel.load(Fixture.of(name).folder())) {
      model.save(saved, format);
    }
    return saved;
  }

  private static List<String> safetensors(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return new ArrayList<>(
          files
              .map(file -> file.getFileName().toString())
              .filter(file -> file.endsWith(".safetensors"))
              .sorted()
              .toList());
    }
  }
}
