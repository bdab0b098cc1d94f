package org.rlhf4j.cli.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.rlhf4j.cli.Outcome.written;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.cli.Outcome;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.reward.Manifest;

/** {@code rlhf merge}, and adapters where other commands take a model. */
class MergeCommandTest {
  private static final Path FIXTURES = Path.of("../language-model/src/test/resources/fixtures");
  private static final Path ADAPTER = FIXTURES.resolve("lora-llama");
  private static final PackedTokens TOKENS =
      PackedTokens.of(List.of(TokenTree.of(new int[] {5, 6}, new int[] {7, 8, 9, 0})));

  @TempDir private Path folder;

  @Test
  void theMergedModelIsTheAdaptersAndWhole() throws IOException {
    Path merged = folder.resolve("merged");
    assertThat(rlhf(0, "merge", "--model", ADAPTER.toString(), "--output", merged.toString()))
        .isEqualToIgnoringNewLines(merged + ": " + ADAPTER + " with its adapter merged");
    assertThat(merged.resolve("tokenizer.json")).exists();
    assertThat(merged.resolve("adapter_config.json")).doesNotExist();
    try (LanguageModel adapted = LanguageModel.load(ADAPTER);
        LanguageModel whole = LanguageModel.load(merged);
        LanguageModel base = LanguageModel.load(FIXTURES.resolve("llama-gqa-tied"))) {
      float[] expected = adapted.logprobs(TOKENS, 1).logprobs();
      assertThat(whole.logprobs(TOKENS, 1).logprobs()).containsExactly(expected, within(1e-5f));
      assertThat(base.logprobs(TOKENS, 1).logprobs()[0]).isNotCloseTo(expected[0], within(1e-3f));
    }
  }

  private static final String MANIFEST =
      """
      {"kind": "reward-model", "pairs": 17, "tokenizer_hash": "0",
       "probes": [{"prompt": "a", "completion": "b", "score": 0}]}
      """;

  @Test
  void aRewardModelKeepsItsManifest() throws IOException {
    Path adapter = rewardAdapter();
    Files.writeString(adapter.resolve("rlhf.json"), MANIFEST);
    Path merged = folder.resolve("merged");
    rlhf(0, "merge", "--model", adapter.toString(), "--output", merged.toString());
    assertThat(Manifest.read(merged).orElseThrow().pairs()).isEqualTo(17);
    try (ScalarModel adapted = ScalarModel.load(adapter);
        ScalarModel whole = ScalarModel.load(merged)) {
      assertThat(whole.scores(TOKENS)).containsExactly(adapted.scores(TOKENS), within(1e-5f));
    }
  }

  /** Rounded weights score differently, so the manifest's probes are scored again. */
  @Test
  void aRewardModelMergedInSixteenBitsIsRecognized() throws IOException {
    Path adapter = rewardAdapter();
    try (ScalarModel model = ScalarModel.load(adapter)) {
      Files.writeString(adapter.resolve("rlhf.json"), MANIFEST);
      Manifest.read(adapter).orElseThrow().rescored(model).write(adapter);
    }
    Path merged = folder.resolve("merged");
    rlhf(
        0,
        "merge",
        "--model",
        adapter.toString(),
        "--output",
        merged.toString(),
        "--save-dtype",
        "bf16");
    Manifest.loadVerified(merged).close();
    Manifest manifest = Manifest.read(merged).orElseThrow();
    assertThat(manifest.probes()).isNotEmpty();
    assertThat(manifest.pairs()).isEqualTo(17);
    assertThat(manifest.headHash()).isNotEqualTo(Manifest.read(adapter).orElseThrow().headHash());
  }

  @Test
  void whatCantBeMergedLeavesNothingBehind() throws IOException {
    Path merged = folder.resolve("merged");
    Path whole = FIXTURES.resolve("gpt2");
    assertThat(rlhf(1, "merge", "--model", whole.toString(), "--output", merged.toString()))
        .isEqualToIgnoringNewLines(
            "rlhf: "
                + whole
                + ": this is a whole model, not an adapter, so there is nothing to merge");
    assertThat(merged).doesNotExist();
    Files.createDirectories(merged.resolve("something"));
    assertThat(rlhf(2, "merge", "--model", ADAPTER.toString(), "--output", merged.toString()))
        .isEqualToIgnoringNewLines(
            "rlhf: " + merged + ": this folder isn't empty; choose another --output");
  }

  @Test
  void isDoneInFp32Alone() {
    Path merged = folder.resolve("merged");
    String[] args = {"merge", "--model", ADAPTER.toString(), "--output", merged.toString()};
    List<String> rounded = new ArrayList<>(List.of(args));
    rounded.addAll(List.of("--precision", "bf16"));
    assertThat(rlhf(2, rounded.toArray(String[]::new)))
        .isEqualToIgnoringNewLines(
            "rlhf: --precision bf16: adapters are merged in fp32; leave --precision out");
    assertThat(merged).doesNotExist();
  }

  @Test
  void anAdapterWithoutATokenizerIsInspectedByItsBases() throws IOException {
    Path rows = folder.resolve("rows.jsonl");
    Files.writeString(rows, "{\"text\": \"the rain is ending\"}\n");
    assertThat(written("inspect", "--model", ADAPTER.toString(), "--data", rows.toString()))
        .contains("fit 64 tokens");
  }

  /** A copy of the fixture, to write a manifest to. */
  private Path rewardAdapter() throws IOException {
    Path adapter = Files.createDirectory(folder.resolve("adapter"));
    for (String file : List.of("adapter_config.json", "adapter_model.safetensors")) {
      Files.copy(FIXTURES.resolve("lora-reward").resolve(file), adapter.resolve(file));
    }
    Path base = FIXTURES.resolve("llama-gqa-tied").toAbsolutePath();
    Path config = adapter.resolve("adapter_config.json");
    Files.writeString(
        config, Files.readString(config).replace("../llama-gqa-tied", base.toString()));
    return adapter;
  }

  private static String rlhf(int code, String... args) {
    Outcome outcome = Outcome.rlhf(args);
    assertThat(outcome.code()).as(outcome.err()).isEqualTo(code);
    return outcome.err();
  }
}
