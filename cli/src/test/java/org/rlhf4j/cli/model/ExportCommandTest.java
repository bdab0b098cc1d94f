package org.rlhf4j.cli.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.cli.Outcome;

/** {@code rlhf export}, and GGUF files where other commands take a model. */
class ExportCommandTest {
  private static final Path MODELS = Path.of("../language-model/src/test/resources");
  private static final String LLAMA = MODELS.resolve("fixtures/llama-gqa-tied").toString();

  @TempDir private Path folder;

  @Test
  void theFileIsThereOnceItWasReadBack() throws IOException {
    String file = folder.resolve("model.gguf").toString();
    Outcome outcome =
        Outcome.rlhf("export", "--model", LLAMA, "--type", "q8_0", "--output", file, "--ollama");
    assertThat(outcome.code()).isZero();
    assertThat(outcome.err())
        .contains("the model has no chat template, so the file has none")
        .contains(file + ": llama, ")
        .contains("read back: every tensor, the ids of 16 texts, template and stop ids are equal");
    assertThat(Files.readString(folder.resolve("Modelfile")))
        .isEqualTo(
            """
            FROM ./model.gguf
            TEMPLATE \"""{{ .Prompt }}\"""
            PARAMETER stop "<|endoftext|>"
            """);
    assertThat(files()).containsExactlyInAnyOrder("model.gguf", "Modelfile");
    Outcome again = Outcome.rlhf("export", "--model", LLAMA, "--output", file);
    assertThat(again.code()).isEqualTo(2);
    assertThat(again.err()).contains(file + ": is there already; choose another --output");
  }

  @Test
  void nothingIsLeftOfWhatIsRefused() throws IOException {
    String file = folder.resolve("model.gguf").toString();
    String reward = MODELS.resolve("fixtures/llama-reward").toString();
    Outcome outcome = Outcome.rlhf("export", "--model", reward, "--output", file);
    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.err()).contains("this is a reward model, and llama.cpp has no score head");
    Outcome type = Outcome.rlhf("export", "--model", LLAMA, "--type", "q4_0", "--output", file);
    assertThat(type.code()).isEqualTo(2);
    assertThat(type.err()).contains("--type: ").contains("'q4_0'");
    assertThat(files()).isEmpty();
  }

  @Test
  void aStageTrainsAGgufFileAndWritesAFolder() throws IOException {
    Path rows = folder.resolve("rows.jsonl");
    Files.writeString(rows, "{\"prompt\": \"Hello\", \"completion\": \" world\"}\n".repeat(4));
    String gguf = MODELS.resolve("gguf/mixed.gguf").toString();
    String run = folder.resolve("run").toString();
    String[] args = {
      "sft",
      "--model",
      gguf,
      "--data",
      rows.toString(),
      "--output",
      run,
      "--steps",
      "1",
      "--eval-fraction",
      "0",
      "--batch-size",
      "2"
    };
    Outcome outcome = Outcome.rlhf(args);
    assertThat(outcome.code()).as(outcome.err()).isZero();
    Path model = folder.resolve("run/model");
    assertThat(model.resolve("model.safetensors")).exists();
    assertThat(model.resolve("config.json")).exists();
    assertThat(model.resolve("tokenizer.json")).exists();
    assertThat(model.resolve("chat_template.jinja")).exists();
    Outcome generated =
        Outcome.rlhf("logprobs", "--model", model.toString(), "--data", rows.toString());
    assertThat(generated.code()).as(generated.err()).isZero();
  }

  @Test
  void aFileThatIsNoModelIsRefusedInOneLine() throws IOException {
    Path file = folder.resolve("cut.gguf");
    Files.write(file, new byte[] {'G', 'G', 'U', 'F', 3, 0});
    Outcome outcome =
        Outcome.rlhf("logprobs", "--model", file.toString(), "--data", file.toString());
    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.err().lines().toList())
        .isEqualTo(
            List.of(
                "rlhf: "
                    + file
                    + ": this isn't a whole GGUF file (its header ends at byte 6); download or"
                    + " write it again"));
  }

  private List<String> files() throws IOException {
    try (var files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }
}
