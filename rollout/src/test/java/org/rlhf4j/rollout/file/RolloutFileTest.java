package org.rlhf4j.rollout.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.model.ModelConfig;
import org.rlhf4j.model.family.Dimensions;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;
import org.rlhf4j.rollout.TinyRollouts;
import org.rlhf4j.rollout.source.ReplayedRollouts;
import org.rlhf4j.settings.UserException;

class RolloutFileTest {

  private static final Dimensions MODEL = ModelConfig.read(TinyRollouts.FOLDER).dimensions();
  private static Tokenizer tokenizer;

  @TempDir private Path folder;

  @BeforeAll
  static void load() {
    tokenizer = TinyRollouts.tokenizer();
  }

  @AfterAll
  static void close() {
    tokenizer.close();
  }

  private SortedMap<Integer, Rollout> read(String... lines) throws IOException {
    Path file = Files.write(folder.resolve("rollouts.jsonl"), List.of(lines));
    return RolloutFile.read(file, tokenizer, MODEL);
  }

  private static String[] lines(int step, Rollout rollout) {
    return RolloutFile.lines(step, rollout).stream()
        .map(ObjectNode::toString)
        .toArray(String[]::new);
  }

  @Test
  void rewardsOfTokensComeBack() throws IOException {
    double[] paid = {0.1, Double.NaN, -7};
    String[] lines =
        lines(
            1,
            TinyRollouts.ofLengths(new int[] {3, 2}).withTokenRewards(new double[][] {paid, null}));
    assertThat(lines[0]).contains("\"token_rewards\":[0.1,null,-7.0]");
    assertThat(lines[1]).doesNotContain("token_rewards");
    List<Completion> read = read(lines).get(1).completions();
    assertThat(read.get(0).tokenRewards()).containsExactly(paid);
    assertThat(read.get(1).tokenRewards()).isNull();
    assertThatThrownBy(() -> read(lines[0].replace("[0.1,null,-7.0]", "[0.1]")))
        .hasMessageContaining(":1:1: \"token_rewards\" must be a list of 3 numbers or nulls");
    assertThatThrownBy(() -> read(lines[0].replace("[0.1,null", "[0.1,\"x\"")))
        .hasMessageContaining("\"token_rewards\"[1] is \"x\", not a number or null");
  }

  /** Any finite float and double: the bits are drawn, so all magnitudes and subnormals occur. */
  @Test
  void numbersComeBackToTheLastBit() throws IOException {
    Random random = new Random(11);
    List<RolloutGroup> groups = new ArrayList<>();
    for (int g = 0; g < 40; g++) {
      List<Completion> completions = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        int[] ids = TinyRollouts.ids(random, 1 + random.nextInt(40));
        completions.add(
            new Completion(
                ids,
                false,
                tokenizer.decodeContinuation(ids),
                finiteDouble(random),
                notPositive(finiteFloats(random, ids.length)),
                notPositive(finiteFloats(random, ids.length)),
                finiteFloats(random, ids.length)));
      }
      groups.add(new RolloutGroup(g, "a prompt", new int[] {5, 6}, null, completions));
    }
    Rollout rollout = new Rollout(groups);
    rollout.completions().get(0).logprobs()[0] = -0.0f;
    Rollout read = read(lines(3, rollout)).get(3);
    assertThat(read.size()).isEqualTo(120);
    for (int i = 0; i < 120; i++) {
      Completion written = rollout.completions().get(i);
      Completion back = read.completions().get(i);
      assertThat(back.ids()).isEqualTo(written.ids());
      assertThat(back.score()).isEqualTo(written.score());
      assertThat(bits(back.logprobs())).isEqualTo(bits(written.logprobs()));
      assertThat(bits(back.refLogprobs())).isEqualTo(bits(written.refLogprobs()));
      assertThat(bits(back.values())).isEqualTo(bits(written.values()));
    }
  }

  /** As log-probabilities are. */
  private static float[] notPositive(float[] values) {
    for (int t = 0; t < values.length; t++) {
      values[t] = -Math.abs(values[t]);
    }
    return values;
  }

  private static float[] finiteFloats(Random random, int length) {
    float[] values = new float[length];
    for (int t = 0; t < length; t++) {
      do {
        values[t] = Float.intBitsToFloat(random.nextInt());
      } while (!Float.isFinite(values[t]));
    }
    return values;
  }

  private static double finiteDouble(Random random) {
    double value = Double.longBitsToDouble(random.nextLong());
    return Double.isFinite(value) ? value : 0.1;
  }

  private static List<Integer> bits(float[] values) {
    List<Integer> bits = new ArrayList<>();
    for (float value : values) {
      bits.add(Float.floatToRawIntBits(value));
    }
    return bits;
  }

  @Test
  void textsGroupsAndStepsComeBack() throws IOException {
    Completion ended = new Completion(new int[] {7, 0}, true, "\"x\n☃\t", 1.5, null, null, null);
    Completion cut = new Completion(new int[] {8, 9}, false, "", -2, null, null, null);
    Rollout first =
        new Rollout(
            List.of(
                new RolloutGroup(4, "Q: “a”\n", new int[] {5}, null, List.of(ended, cut)),
                new RolloutGroup(2, null, new int[] {6, 6}, null, List.of(cut))));
    List<String> all = new ArrayList<>(List.of(lines(7, first)));
    all.add(0, lines(9, TinyRollouts.ofLengths(new int[] {2}))[0]);
    all.add("");
    SortedMap<Integer, Rollout> read = read(all.toArray(String[]::new));
    assertThat(read.keySet()).containsExactly(7, 9);
    Rollout back = read.get(7);
    assertThat(back.groups()).extracting(RolloutGroup::group).containsExactly(4L, 2L);
    assertThat(back.groups().get(0).prompt()).isEqualTo("Q: “a”\n");
    assertThat(back.groups().get(1).prompt()).isNull();
    assertThat(back.groups().get(1).promptIds()).containsExactly(6, 6);
    assertThat(back.completions()).extracting(Completion::text).containsExactly("\"x\n☃\t", "", "");
    assertThat(back.completions())
        .extracting(Completion::ended)
        .containsExactly(true, false, false);
    assertThat(back.scores()).containsExactly(1.5, -2, -2);
    assertThat(back.completions().get(0).logprobs()).isNull();
    assertThat(back.completions().get(0).refLogprobs()).isNull();
    assertThat(back.completions().get(0).values()).isNull();
  }

  @Test
  void whatIsUnknownIsLeftOutOfALine() {
    Rollout rollout = TinyRollouts.ofLengths(new int[] {2}).withScores(new double[] {0.5});
    assertThat(RolloutFile.lines(1, rollout).get(0).fieldNames())
        .toIterable()
        .containsExactly("step", "group", "prompt_ids", "completion_ids", "score", "completion");
  }

  @Test
  void advantagesAreWrittenAndNotReadBack() throws IOException {
    Rollout rollout =
        TinyRollouts.ofLengths(new int[] {2}, new int[] {1}).withScores(new double[] {0.5, 1});
    List<ObjectNode> lines = RolloutFile.lines(1, rollout, new float[][] {{0.5f, -1}, {2}});
    assertThat(lines.get(0).get("advantages").toString()).isEqualTo("[0.5,-1.0]");
    assertThat(lines.get(1).get("advantages").toString()).isEqualTo("[2.0]");
    Rollout back = read(lines.get(0).toString()).get(1);
    assertThat(RolloutFile.lines(1, back).get(0).has("advantages")).isFalse();
  }

  @Test
  void partsOfTheScoreComeBack() throws IOException {
    Map<String, Double> parts = new LinkedHashMap<>();
    parts.put("model", 0.25);
    parts.put("exact_match", Double.NaN);
    Rollout rollout =
        TinyRollouts.ofLengths(new int[] {2}).withRewards(List.of(parts)).withScores(new double[1]);
    String line = RolloutFile.lines(1, rollout).get(0).toString();
    assertThat(line).contains("\"rewards\":{\"model\":0.25,\"exact_match\":null}");
    Map<String, Double> back = read(line).get(1).completions().get(0).rewards();
    assertThat(back).isEqualTo(parts);
    assertThat(back.keySet()).containsExactly("model", "exact_match");
  }

  @Test
  void anAbsentTextIsDecoded() throws IOException {
    int[] ids = tokenizer.encodeContinuation(" yes");
    String line =
        "{\"step\":1,\"group\":0,\"prompt_ids\":[5],\"completion_ids\":%s,\"score\":0}"
            .formatted(Arrays.toString(ids));
    assertThat(read(line).get(1).completions().get(0).text()).isEqualTo(" yes");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {N, | 2:12: not valid JSON
          {N} {} | 2:13: not valid JSON
          [1] | 2:1: not a JSON object
          {G, S} | 2:1: "step" must be a whole number, and there is none
          {"step": "1", G, P, C, S} | 2:1: "step" must be a whole number, not "1"
          {"step": 1.5, G, P, C, S} | 2:1: "step" must be a whole number, not 1.5
          {N, "group": null, P, C, S} | 2:1: "group" must be a whole number, not null
          {N, G, P, C} | 2:1: "score" must be a number, and there is none
          {N, G, P, C, "score": "high"} | 2:1: "score" must be a number, not "high"
          {N, G, P, C, S, "rewards": [1]} | 2:1: "rewards" must be an object of the score's parts, not [1]
          {N, G, P, C, S, "rewards": {"a": "1"}} | 2:1: "rewards"."a" must be a number or null, not "1"
          {N, G, P, C, S, "rewards": {"a": 1e999}} | 2:1: "rewards"."a" must be a number or null, not "Infinity"
          {N, G, P, C, S, "logprobs": [-1, 0.5]} | 2:1: "logprobs"[1] is 0.5; the logarithm of a probability is at most 0
          {N, G, P, C, S, "ref_logprobs": [1e-3, 0]} | 2:1: "ref_logprobs"[0] is 0.001; the logarithm of a probability is at most 0
          {N, G, C, S} | 2:1: "prompt_ids" must be a list of at least one token id
          {N, G, P, S, "completion_ids": []} | 2:1: "completion_ids" must be a list of at least one token id
          {N, G, P, S, "completion_ids": [5, 97]} | 2:1: "completion_ids"[1] is 97; RANGE
          {N, G, C, S, "prompt_ids": [-1]} | 2:1: "prompt_ids"[0] is -1; RANGE
          {N, G, C, S, "prompt_ids": [5.5]} | 2:1: "prompt_ids"[0] is 5.5; RANGE
          {N, G, C, S, "prompt_ids": [4294967301]} | 2:1: "prompt_ids"[0] is 4294967301; RANGE
          {N, G, P, C, S, "logprobs": [1]} | 2:1: "logprobs" must be a list of 2 numbers, one per token
          {N, G, P, C, S, "values": 1} | 2:1: "values" must be a list of 2 numbers, one per token
          {N, G, P, C, S, "ref_logprobs": [1, "x"]} | 2:1: "ref_logprobs"[1] is "x", not a number
          {N, G, P, C, S, "logprobs": [1e39, 0]} | 2:1: "logprobs"[0] is 1.0E39, not a number
          {N, "group": 3, P, C, S} | 2:1: group 3 has another prompt on an earlier line
          {N, G, P, C, S, "tokenizer_hash": "f"} | 2:1: the rollout is of another tokenizer than the model's
          """)
  void aMalformedLineIsNamed(String line, String message) {
    String first =
        "{\"step\": 1, \"group\": 3, \"prompt_ids\": [9], \"completion_ids\": [7], \"score\": 0}";
    String second =
        line.replace("N", "\"step\": 1")
            .replace("G", "\"group\": 0")
            .replace("P", "\"prompt_ids\": [5]")
            .replace("C", "\"completion_ids\": [7, 8]")
            .replace("S", "\"score\": 0.5");
    assertThatThrownBy(() -> read(first, second))
        .isInstanceOf(UserException.class)
        .hasMessage(
            folder.resolve("rollouts.jsonl")
                + ":"
                + message.replace("RANGE", "the model's ids go from 0 to 96"));
  }

  @Test
  void whatIsLongerThanTheModelsPositionsIsNamed() {
    Random random = new Random(1);
    Rollout rollout =
        new Rollout(
            List.of(
                TinyRollouts.group(
                    0,
                    TinyRollouts.ids(random, 25),
                    TinyRollouts.completion(0, TinyRollouts.ids(random, 40)))));
    assertThatThrownBy(() -> read(lines(1, rollout)))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith(
            "rollouts.jsonl:1:1: prompt and completion have 65 tokens, and the model 64 positions");
  }

  @Test
  void theModelsOwnTokenizerHashIsAccepted() throws IOException {
    Files.writeString(
        folder.resolve("rlhf.json"), "{\"tokenizer_hash\": \"" + tokenizer.hash() + "\"}");
    ObjectNode line = RolloutFile.lines(1, TinyRollouts.ofLengths(new int[] {3})).get(0);
    assertThat(read(line.put("tokenizer_hash", tokenizer.hash()).toString())).hasSize(1);
  }

  @Test
  void anotherTokenizerInTheManifestBesideTheFileIsRefused() throws IOException {
    Path manifest = folder.resolve("rlhf.json");
    Files.writeString(manifest, "{\"tokenizer_hash\": \"0123\"}");
    String[] good = lines(1, TinyRollouts.ofLengths(new int[] {3}));
    assertThatThrownBy(() -> read(good))
        .isInstanceOf(UserException.class)
        .hasMessage(manifest + ": the rollouts are of another tokenizer than the model's");
    Files.writeString(manifest, "{\"kind\": \"other\"}");
    assertThat(read(good)).hasSize(1);
    Files.writeString(manifest, "{");
    assertThatThrownBy(() -> read(good))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(manifest + ": can't be read");
  }

  @Test
  void aFileWithoutRolloutsIsRefused() throws IOException {
    assertThatThrownBy(() -> read())
        .isInstanceOf(UserException.class)
        .hasMessage(folder.resolve("rollouts.jsonl") + ": holds no rollouts");
    Path none = folder.resolve("none.jsonl");
    assertThatThrownBy(() -> RolloutFile.read(none, tokenizer, MODEL))
        .isInstanceOf(UserException.class)
        .hasMessage(none + ": no such file; --replay takes a rollouts.jsonl");
  }

  @Test
  void replayGoesOverTheRecordedStepsAndBeginsAgain() throws IOException {
    List<String> all = new ArrayList<>();
    for (int step : new int[] {12, 3, 8}) {
      Rollout rollout = TinyRollouts.ofLengths(new int[] {step});
      all.addAll(List.of(lines(step, rollout)));
    }
    ReplayedRollouts source = new ReplayedRollouts(read(all.toArray(String[]::new)));
    assertThat(source.stepsPerEpoch()).isEqualTo(3);
    List<Integer> tokens = new ArrayList<>();
    for (int step = 1; step <= 5; step++) {
      tokens.add(source.rollout(step).tokens());
    }
    assertThat(tokens).containsExactly(3, 8, 12, 3, 8);
  }
}
