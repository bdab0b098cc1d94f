package org.rlhf4j.cli.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.cli.Outcome;
import org.rlhf4j.model.LanguageModel;

class NewCommandTest {

  private static final String TOKENIZER =
      Path.of("../language-model/src/test/resources/fixtures/gpt2").toString();

  @TempDir private Path folder;
  private Path config;

  @BeforeEach
  void writeConfig() throws IOException {
    config = config(97);
  }

  /** 97 · 24 embeddings, 4 · 24² of attention, 3 · 24 · 14 of the MLP and 3 norms of 24: 5,712. */
  @Test
  void makesTheSameModelFromTheSameSeed() throws IOException {
    assertThat(rlhf("one", "--seed", "3").strip())
        .isEqualTo(folder.resolve("one") + ": LlamaForCausalLM, 5,712 weights");
    rlhf("same", "--seed", "3");
    rlhf("other", "--seed", "4");

    Path one = folder.resolve("one/model.safetensors");
    assertThat(folder.resolve("same/model.safetensors")).hasSameBinaryContentAs(one);
    assertThat(Files.mismatch(folder.resolve("other/model.safetensors"), one)).isPositive();
    LanguageModel.load(folder.resolve("one")).close();
  }

  @Test
  void keepsTheConfigurationAndNamesTheTokenizersSpecialIds() throws IOException {
    rlhf("one");
    JsonNode json = new ObjectMapper().readTree(folder.resolve("one/config.json").toFile());

    assertThat(json.get("anything").asText()).isEqualTo("kept");
    assertThat(json.get("architectures").get(0).asText()).isEqualTo("LlamaForCausalLM");
    assertThat(json.get("eos_token_id").asInt()).isZero();
    assertThat(json.get("pad_token_id").asInt()).isEqualTo(1);
    assertThat(folder.resolve("one/tokenizer.json")).exists();
  }

  @Test
  void writesTheFormatThatIsAskedFor() throws IOException {
    rlhf("one", "--save-dtype", "bf16", "--max-shard-size", "5KB");
    JsonNode json = new ObjectMapper().readTree(folder.resolve("one/config.json").toFile());
    assertThat(json.get("dtype").asText()).isEqualTo("bfloat16");
    assertThat(folder.resolve("one/model.safetensors.index.json")).exists();
    assertThat(folder.resolve("one/model-00001-of-00003.safetensors")).exists();
    assertThat(folder.resolve("one/model.safetensors")).doesNotExist();
    LanguageModel.load(folder.resolve("one")).close();
  }

  @Test
  void refusesWhatItCantMake() throws IOException {
    assertThat(rlhf("one", "--config", folder.resolve("no.json").toString()))
        .startsWith("rlhf: " + folder.resolve("no.json") + ": no such file");
    assertThat(rlhf("one", "--config", config(96).toString()))
        .startsWith("rlhf: " + config + ": vocab_size 96 is less than the 97 tokens of");
    assertThat(folder.resolve("one")).doesNotExist();

    Files.createDirectories(folder.resolve("full/of"));
    assertThat(rlhf("full", "--config", config(97).toString()))
        .isEqualToIgnoringNewLines(
            "rlhf: "
                + folder.resolve("full")
                + ": this folder isn't empty; choose another --output");
    Files.createDirectory(folder.resolve("empty"));
    assertThat(rlhf("empty")).contains("5,712 weights");
  }

  /** What the command says; it always says one line. */
  private String rlhf(String output, String... options) {
    String[] args = {
      "new",
      "--config",
      config.toString(),
      "--tokenizer",
      TOKENIZER,
      "--output",
      folder.resolve(output).toString()
    };
    String[] all = Arrays.copyOf(args, args.length + options.length);
    System.arraycopy(options, 0, all, args.length, options.length);
    if (options.length > 0 && options[0].equals("--config")) {
      all[2] = options[1];
      all = Arrays.copyOf(all, args.length);
    }
    String err = Outcome.rlhf(all).err();
    assertThat(err).hasLineCount(1);
    return err;
  }

  private Path config(int vocabulary) throws IOException {
    return Files.writeString(
        folder.resolve("llama.json"),
        String.format(
            Locale.ROOT,
            """
        {"model_type": "llama", "vocab_size": %d, "hidden_size": 24, "num_hidden_layers": 1,
         "num_attention_heads": 2, "intermediate_size": 14, "max_position_embeddings": 32,
         "tie_word_embeddings": true, "anything": "kept"}""",
            vocabulary));
  }
}
