package org.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.model.gguf.GgufFormat;
import org.rlhf4j.model.weights.Dtype;
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.settings.UserException;

/** Language models written as GGUF files. bench/reference/check_gguf.py runs such in llama.cpp. */
class ModelExportTest {
  private static final int[] IDS = {5, 6, 7, 8, 9, 30, 31, 76, 4, 90};

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama-gqa-tied",
        "llama-untied-bf16",
        "llama-llama3",
        "mistral",
        "qwen2",
        "olmo2",
        "granite",
        "phi3",
        "stablelm",
        "stablelm-beside",
        "gpt2",
        "gpt-neox"
      })
  void whatIsReadBackIsTheModel(String name) throws IOException {
    Path file = folder.resolve("model.gguf");
    ModelExport.Comparison comparison =
        GgufFiles.write(Checkpoints.FIXTURES.resolve(name), "f32", file);
    assertThat(comparison.largest()).isLessThan(1e-6);
    try (LanguageModel model = LanguageModel.load(Checkpoints.FIXTURES.resolve(name));
        LanguageModel back = LanguageModel.load(file)) {
      assertThat(back.weights().values()).isEqualTo(model.weights().values());
      assertThat(GgufModelTest.logprobs(back, IDS))
          .containsExactly(GgufModelTest.logprobs(model, IDS), within(1e-6f));
      assertThat(back.tokenizer().stopIds()).isEqualTo(model.tokenizer().stopIds());
    }
  }

  @ParameterizedTest
  @CsvSource({"f16, FP16", "bf16, BF16"})
  void matricesAreRoundedToTheTypeAndVectorsKept(String type, Dtype dtype) throws IOException {
    Path file = folder.resolve("model.gguf");
    Path source = Checkpoints.FIXTURES.resolve("llama-gqa-tied");
    GgufFiles.write(source, type, file);
    try (LanguageModel model = LanguageModel.load(source);
        LanguageModel back = LanguageModel.load(file)) {
      Parameters weights = model.weights();
      for (int i = 0; i < weights.specs().size(); i++) {
        ByteBuffer own = weights.read(i);
        ByteBuffer read = back.weights().read(i);
        boolean matrix = weights.specs().get(i).shape().size() == 2;
        while (own.hasRemaining()) {
          float value = own.getFloat();
          assertThat(read.getFloat()).isEqualTo(matrix ? dtype.round(value) : value);
        }
      }
    }
  }

  @Test
  void anAdapterIsMergedAndSaysSo() throws IOException {
    Path file = folder.resolve("model.gguf");
    Path adapter = Checkpoints.FIXTURES.resolve("lora-llama");
    try (ModelExport export = ModelExport.open(adapter, GgufFormat.parse("f32"))) {
      assertThat(export.notes()).contains("the adapter is merged into its base");
      export.write(file);
    }
    try (LanguageModel adapted = LanguageModel.load(adapter);
        LanguageModel back = LanguageModel.load(file)) {
      assertThat(GgufModelTest.logprobs(back, IDS))
          .containsExactly(GgufModelTest.logprobs(adapted, IDS), within(1e-4f));
    }
  }

  @Test
  void whatLlamaCppComputesOtherwiseIsRefused() throws IOException {
    refused("llama-reward", "this is a reward model, and llama.cpp has no score head for one");
    refused("gemma3", "llama.cpp doesn't compute query_pre_attn_scalar = 10 for gemma3");
    refused("qwen3", "llama.cpp doesn't compute attention_bias = true for qwen3; exported: false");
    refused("smollm3", "llama.cpp doesn't compute no_rope_layers = [1,0,1] for smollm3");
  }

  private static void refused(String name, String message) {
    Path model = Checkpoints.FIXTURES.resolve(name);
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> ModelExport.open(model, GgufFormat.parse("f32")).close())
        .withMessageStartingWith(model + ": ")
        .withMessageContaining(message);
  }

  @Test
  void aWindowThatLlamaCppDoesNotKnowIsNotedAndReadBack() {
    Path model = Checkpoints.FIXTURES.resolve("mistral");
    try (ModelExport export = ModelExport.open(model, GgufFormat.parse("f32"))) {
      assertThat(export.notes()).anyMatch(note -> note.contains("more than 7 tokens"));
    }
  }

  /** A changed file isn't the model: the check that the others pass can fail. */
  @Test
  void aFileWithAnotherWeightIsRefused() throws IOException {
    Path file = folder.resolve("model.gguf");
    Path model = Checkpoints.FIXTURES.resolve("llama-gqa-tied");
    try (ModelExport export = ModelExport.open(model, GgufFormat.parse("q8_0"))) {
      export.write(file);
      byte[] bytes = Files.readAllBytes(file);
      bytes[bytes.length - 100] ^= 0x10;
      Files.write(file, bytes);
      assertThatExceptionOfType(UserException.class)
          .isThrownBy(() -> export.readBack(file))
          .withMessageContaining("read back, the tensor ")
          .withMessageContaining("isn't the model's");
    }
  }

  /** Stop ids and template are what is lost most often on the way. */
  @Test
  void stopIdsAndTemplateGoAlong() throws IOException {
    Path model = Files.createDirectory(folder.resolve("chat"));
    for (Path file :
        List.of(
            Path.of("config.json"),
            Path.of("model.safetensors"),
            Path.of("tokenizer.json"),
            Path.of("tokenizer_config.json"))) {
      Files.copy(Checkpoints.FIXTURES.resolve("llama-gqa-tied").resolve(file), model.resolve(file));
    }
    ObjectNode generation = new ObjectMapper().createObjectNode();
    generation.putArray("eos_token_id").add(0).add(3).add(91).add(6);
    Files.writeString(model.resolve("generation_config.json"), generation.toString());
    Files.writeString(
        model.resolve("chat_template.jinja"),
        "{% for m in messages %}[{{ m.role }}] {{ m.content }}\n\n{% endfor %}"
            + "{% if add_generation_prompt %}[assistant] {% endif %}");
    Path file = folder.resolve("chat.gguf");
    try (ModelExport export = ModelExport.open(model, GgufFormat.parse("f32"))) {
      assertThat(export.notes())
          .contains("llama.cpp knows three stop ids of a file; it may not stop at [91]");
      export.write(file);
      export.readBack(file);
      assertThat(export.modelfile("chat.gguf"))
          .isEqualTo(
              "FROM ./chat.gguf\nTEMPLATE \"\"\"{{ range $i, $m := .Messages }}"
                  + "{{ if eq $m.Role \"user\" }}[user] {{ $m.Content }}\n\n[assistant] "
                  + "{{ else if eq $m.Role \"system\" }}[system] {{ $m.Content }}\n\n"
                  + "{{ else if eq $m.Role \"assistant\" }}{{ $m.Content }}"
                  + "{{ if gt (len (slice $.Messages $i)) 1 }}\n\n{{ end }}{{ end }}{{ end }}\"\"\"\n"
                  + "PARAMETER stop \"<|endoftext|>\"\nPARAMETER stop \"\n\"\n"
                  + "PARAMETER stop \".\"\nPARAMETER stop \"\n\n\"\n");
    }
    try (LanguageModel back = LanguageModel.load(file)) {
      assertThat(back.tokenizer().stopIds()).containsExactly(0, 3, 6, 91);
    }
  }
}
