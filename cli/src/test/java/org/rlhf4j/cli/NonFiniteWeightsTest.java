package org.rlhf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.model.weights.Safetensors;

/** Every command that loads a model names the tensor that isn't finite, and writes nothing. */
class NonFiniteWeightsTest {
  private static final Path FIXTURES = Path.of("../language-model/src/test/resources/fixtures");
  private static final String SOUND = FIXTURES.resolve("llama-gqa-tied").toString();

  @TempDir private Path folder;

  @BeforeEach
  void write() throws IOException {
    damage("llama-gqa-tied", "model.safetensors", "model.norm.weight");
    damage("llama-reward", "model.safetensors", "score.weight");
    Path adapter = damage("lora-llama", "adapter_model.safetensors", null);
    String config = Files.readString(adapter.resolve("adapter_config.json"));
    Files.writeString(
        adapter.resolve("adapter_config.json"),
        config.replaceFirst(
            "\"base_model_name_or_path\": *\"[^\"]*\"",
            "\"base_model_name_or_path\": \"" + Path.of(SOUND).toAbsolutePath() + "\""));
    Files.writeString(folder.resolve("prompts.jsonl"), "{\"prompt\": \"Human: hello\"}\n");
    Files.writeString(
        folder.resolve("rows.jsonl"), "{\"prompt\": \"Human: hello\", \"completion\": \" yes\"}\n");
    Files.writeString(
        folder.resolve("pairs.jsonl"),
        "{\"prompt\": \"Human: hello\", \"chosen\": \" yes\", \"rejected\": \" no\"}\n");
  }

  private Path damage(String fixture, String file, String tensor) throws IOException {
    Path copy = Files.createDirectory(folder.resolve(fixture));
    try (Stream<Path> files = Files.list(FIXTURES.resolve(fixture))) {
      for (Path one : files.toList()) {
        Files.copy(one, copy.resolve(one.getFileName()));
      }
    }
    Path weights = copy.resolve(file);
    Safetensors open = Safetensors.open(weights);
    String name = tensor == null ? open.names().iterator().next() : tensor;
    int start = (int) open.entries().get(name).offset();
    byte[] bytes = Files.readAllBytes(weights);
    Arrays.fill(bytes, start, start + 4, (byte) 0xff); // NaN, as bf16 and as fp32
    Files.write(weights, bytes);
    return copy;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "logprobs --model DIR/llama-gqa-tied --data DIR/rows.jsonl",
        "generate --model DIR/llama-gqa-tied --data DIR/prompts.jsonl",
        "score --reward-model DIR/llama-reward --data DIR/rows.jsonl",
        "evaluate --reward-model DIR/llama-reward --data DIR/pairs.jsonl",
        "sft --model DIR/llama-gqa-tied --data DIR/rows.jsonl --eval-fraction 0 --output DIR/out",
        "reward --model DIR/llama-gqa-tied --data DIR/pairs.jsonl --eval-fraction 0 --output DIR/out",
        "dpo --model DIR/llama-gqa-tied --data DIR/pairs.jsonl --eval-fraction 0 --output DIR/out",
        "grpo --model SOUND --reward-model DIR/llama-reward --data DIR/prompts.jsonl --output DIR/out",
        "ppo --model DIR/lora-llama --reward length-penalty:1-4 --data DIR/prompts.jsonl --output DIR/out",
        "export --model DIR/llama-gqa-tied --format gguf --type f32 --output DIR/out.gguf",
        "merge --model DIR/lora-llama --output DIR/out",
      })
  void theTensorIsNamed(String command) {
    StringWriter err = new StringWriter();
    String[] args = command.replace("DIR", folder.toString()).replace("SOUND", SOUND).split(" ");
    assertThat(Rlhf.run(args, new PrintWriter(new StringWriter()), new PrintWriter(err, true)))
        .as(err.toString())
        .isEqualTo(1);
    assertThat(err.toString().lines().reduce((before, last) -> last).orElse(""))
        .matches(
            "rlhf: \\S+\\.safetensors: tensor \\S+ holds NaN, so nothing can be computed with it; name"
                + " an earlier checkpoint, or download it again");
    assertThat(folder.resolve("out/model")).doesNotExist();
    assertThat(folder.resolve("out.gguf")).doesNotExist();
  }
}
