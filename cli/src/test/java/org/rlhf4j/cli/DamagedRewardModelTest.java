package org.rlhf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.model.weights.Safetensors;

/**
 * A reward model whose weights are so large that scores become NaN: each command that it scores for
 * says so and ends.
 */
class DamagedRewardModelTest {

  private static final Path FIXTURES = Path.of("../language-model/src/test/resources/fixtures");
  private static final String MODEL = FIXTURES.resolve("llama-gqa-tied").toString();

  @TempDir private Path folder;

  @BeforeEach
  void write() throws IOException {
    Path reward = Files.createDirectory(folder.resolve("nan"));
    for (String file : new String[] {"config.json", "tokenizer.json", "tokenizer_config.json"}) {
      Files.copy(FIXTURES.resolve("llama-reward").resolve(file), reward.resolve(file));
    }
    Path file = FIXTURES.resolve("llama-reward/model.safetensors");
    byte[] weights = Files.readAllBytes(file);
    for (String tensor : new String[] {"model.norm.weight", "score.weight"}) {
      Safetensors.Entry entry = Safetensors.open(file).entries().get(tensor);
      int start = (int) entry.offset();
      int bytes = (int) entry.elements() * (entry.type() == Safetensors.Type.F32 ? 4 : 2);
      Arrays.fill(weights, start, start + bytes, (byte) 0x7f); // 3.4e38, as bf16 and as fp32
    }
    Files.write(reward.resolve("model.safetensors"), weights);
    Files.writeString(
        folder.resolve("prompts.jsonl"),
        "{\"prompt\": \"Human: hello\"}\n{\"prompt\": \"Human: why?\"}\n");
    Files.writeString(
        folder.resolve("rows.jsonl"),
        "{\"prompt\": \"Human: hello\", \"chosen\": \" yes\", \"rejected\": \" no\"}\n");
  }

  private String err(int expected, String command) {
    StringWriter err = new StringWriter();
    StringWriter out = new StringWriter();
    String[] args = command.replace("DIR", folder.toString()).replace("MODEL", MODEL).split(" ");
    assertThat(Rlhf.run(args, new PrintWriter(out, true), new PrintWriter(err, true)))
        .isEqualTo(expected);
    assertThat(out.toString()).doesNotContain("NaN");
    return err.toString().lines().reduce((before, last) -> last).orElse("");
  }

  private static final String SAMPLED = " --data DIR/prompts.jsonl --max-new-tokens 4";
  private static final String TRAINED =
      " --model MODEL --reward-model DIR/nan --prompts-per-step 2 --steps 1 --output DIR/out";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ppo" + TRAINED + SAMPLED,
        "ppo" + TRAINED + SAMPLED + " --reward length-penalty:1-4",
        "grpo" + TRAINED + SAMPLED,
        "compare --model MODEL --reference-model MODEL --reward-model DIR/nan" + SAMPLED,
        "generate --model MODEL --best-of 2 --reward-model DIR/nan" + SAMPLED,
      })
  void thePromptIsNamed(String command) {
    assertThat(err(1, command))
        .startsWith("rlhf: the reward model gives NaN for a completion of 'Human: hello'; ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"score", "evaluate"})
  void theRowIsNamed(String command) {
    assertThat(err(1, command + " --reward-model DIR/nan --data DIR/rows.jsonl"))
        .startsWith(
            "rlhf: " + folder.resolve("rows.jsonl") + ":1:1: the model gives a score of NaN; ");
  }

  /** NaN of a program means that it has nothing to say of the row, and is counted. */
  @Test
  void aProgramMayHaveNothingToSay() throws IOException {
    Files.writeString(
        folder.resolve("prompts.jsonl"),
        "{\"prompt\": \"Human: hello\"}\n{\"prompt\": \"Human: 1 + 1?\", \"answer\": \"2\"}\n");
    err(
        0,
        "grpo --model MODEL --reward number-after:= --prompts-per-step 2 --steps 1 --output DIR/out"
            + SAMPLED);
    assertThat(Files.readString(folder.resolve("out/metrics.jsonl"))).contains("\"unscored\":8");
  }
}
