package org.rlhf4j.rollout.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.data.file.Location;
import org.rlhf4j.data.report.DataReport;
import org.rlhf4j.data.row.Demonstration;
import org.rlhf4j.data.token.RowTokenizer;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.ModelConfig;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.model.weights.StridedTensor;
import org.rlhf4j.reward.Scorer;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;
import org.rlhf4j.rollout.TinyRollouts;
import org.rlhf4j.settings.UserException;

class RewardModelRewardTest {
  private static final int EOS = 0;
  private static final int BUDGET = 4096;

  @TempDir private static Path folder;
  private static LanguageModel base;
  private static LanguageModel otherBase;
  private static Tokenizer tokenizer;

  /** A reward model with the policy's tokenizer. */
  private static ScalarModel same;

  /** One of the same weights whose tokenizer.json has another hash. */
  private static ScalarModel other;

  @BeforeAll
  static void load() throws IOException {
    base = TinyRollouts.policy(5);
    tokenizer = base.tokenizer();
    same = ScalarModel.from(base, 6);
    for (String name : List.of("tokenizer_config.json", "generation_config.json")) {
      Files.copy(TinyRollouts.FOLDER.resolve(name), folder.resolve(name));
    }
    Path json = TinyRollouts.FOLDER.resolve("tokenizer.json");
    Files.writeString(folder.resolve("tokenizer.json"), Files.readString(json) + "\n");
    otherBase =
        LanguageModel.fresh(ModelConfig.read(TinyRollouts.FOLDER), Tokenizer.load(folder), 5);
    other = ScalarModel.from(otherBase, 6);
    assertThat(other.tokenizer().hash()).isNotEqualTo(tokenizer.hash());
  }

  @AfterAll
  static void close() {
    same.close();
    other.close();
    base.close();
    otherBase.close();
  }

  private static double[] reward(ScalarModel model, RolloutGroup... groups) {
    return new RewardModelReward(model, tokenizer, BUDGET).score(new Rollout(List.of(groups)));
  }

  private static RolloutGroup group(String prompt, Completion... completions) {
    return new RolloutGroup(0, prompt, tokenizer.encode(prompt), null, List.of(completions));
  }

  private static Completion completion(int... ids) {
    boolean ended = ids[ids.length - 1] == EOS;
    return new Completion(
        ids, ended, tokenizer.decodeContinuation(ids), Double.NaN, null, null, null);
  }

  /** The text's own tokens, or one token per character, which a tokenizer would have joined. */
  private static int[] ids(String text, boolean joined) {
    if (joined) {
      return tokenizer.encodeContinuation(text);
    }
    return text.chars()
        .flatMap(c -> Arrays.stream(tokenizer.encodeRaw(Character.toString(c))))
        .toArray();
  }

  private static int[] ended(int[] ids) {
    int[] all = Arrays.copyOf(ids, ids.length + 1);
    all[ids.length] = EOS;
    return all;
  }

  /** What {@code rlhf score} gives a row. */
  private static double scoreOfRow(ScalarModel model, String prompt, String completion) {
    RowTokenizer rows = new RowTokenizer(model.tokenizer(), 64);
    Demonstration row = new Demonstration(prompt, completion, false, new Location("test", 1, 1));
    TokenTree tree = rows.tokenize(row, new DataReport.Builder(64, List.of())).orElseThrow().tree();
    return Scorer.score(model, List.of(tree), BUDGET).get(0)[0];
  }

  @Test
  void ofTheSameTokenizerScoresIdsAsRowsAreScored() {
    double[] scores =
        reward(
            same,
            group("Human: hello", completion(ended(ids(" the same", true)))),
            group("Human: why?", completion(ended(ids(" so", true))), completion(EOS)));
    assertThat(scores)
        .containsExactly(
            new double[] {
              scoreOfRow(same, "Human: hello", " the same"),
              scoreOfRow(same, "Human: why?", " so"),
              scoreOfRow(same, "Human: why?", "")
            },
            within(1e-6));
  }

  @Test
  void aCutCompletionIsScoredAsIfItHadEnded() {
    int[] ids = ids(" the same", true);
    double[] scores = reward(same, group("Human: hello", completion(ids), completion(ended(ids))));
    assertThat(scores[0]).isCloseTo(scores[1], within(1e-6));
    // The control: EOS is what is read; the state at the last token of the cut one is another.
    TokenTree tree = new TokenTree(tokenizer.encode("Human: hello"), List.of(ids));
    assertThat((double) Scorer.score(same, List.of(tree), BUDGET).get(0)[0])
        .isNotCloseTo(scores[0], within(1e-3));
  }

  @Test
  void ofAnotherTokenizerIsFedTheText() {
    String prompt = "Human: hello there";
    int[] apart = ids(" the same thing", false);
    assertThat(apart.length).isGreaterThan(ids(" the same thing", true).length);
    Completion completion = completion(ended(apart));
    assertThat(reward(other, group(prompt, completion))[0])
        .isCloseTo(scoreOfRow(other, prompt, " the same thing"), within(1e-6));
    // The control: by its own ids the same completion has another score.
    assertThat(
            Math.abs(
                reward(same, group(prompt, completion))[0]
                    - scoreOfRow(same, prompt, " the same thing")))
        .isGreaterThan(1e-4);
  }

  @Test
  void anUnknownPromptIsDecodedFromItsIds() {
    Completion completion = completion(ended(ids(" yes", true)));
    RolloutGroup known = group("Human: hello", completion);
    RolloutGroup unknown = new RolloutGroup(0, null, known.promptIds(), null, List.of(completion));
    assertThat(reward(other, unknown)).isEqualTo(reward(other, known));
  }

  @Test
  void aLongPromptLosesItsBeginning() {
    int[] prompt = new Random(1).ints(60, 3, 97).toArray();
    int[] cut = ids(" yes no yes no", true);
    int room = 64 - cut.length - 1;
    assertThat(room).isLessThan(60);
    Completion completion = completion(cut);
    RolloutGroup whole = new RolloutGroup(0, null, prompt, null, List.of(completion));
    RolloutGroup fitting =
        new RolloutGroup(
            0, null, Arrays.copyOfRange(prompt, 60 - room, 60), null, List.of(completion));
    assertThat(reward(same, whole)).isEqualTo(reward(same, fitting));
  }

  /** As its rows do: some families read everything after a BOS. */
  @Test
  void aLongPromptKeepsItsBos() {
    int[] prompt = new Random(1).ints(60, 3, 97).toArray();
    Completion completion = completion(ended(ids(" yes no yes no", true)));
    int room = 64 - completion.ids().length;
    int[] fitting = Arrays.copyOfRange(prompt, 60 - room, 60);
    prompt[0] = tokenizer.bosId().orElseThrow();
    double[] scored = reward(same, new RolloutGroup(0, null, prompt, null, List.of(completion)));
    double[] without = reward(same, new RolloutGroup(0, null, fitting, null, List.of(completion)));
    fitting[0] = prompt[0];
    double[] with = reward(same, new RolloutGroup(0, null, fitting, null, List.of(completion)));
    assertThat(scored).isEqualTo(with).isNotEqualTo(without);
  }

  @Test
  void aScoreDoesntDependOnTheGroupsOthersEvenWhereThePromptIsCut() {
    int[] prompt = new Random(1).ints(60, 3, 97).toArray();
    Completion shorter = completion(ended(ids(" yes", true)));
    Completion longer = completion(ended(ids(" yes no yes no yes no", true)));
    assertThat(prompt.length + longer.ids().length).isGreaterThan(64);
    double alone = reward(same, new RolloutGroup(0, null, prompt, null, List.of(shorter)))[0];
    double[] both = reward(same, new RolloutGroup(0, null, prompt, null, List.of(shorter, longer)));
    assertThat(both[0]).isEqualTo(alone);
  }

  @Test
  void aCompletionThatTheRewardModelCantReadIsRefused() {
    int[] ids = new Random(1).ints(64, 3, 97).toArray();
    assertThatThrownBy(() -> reward(same, group("Human: hello", completion(ids))))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "the reward model reads at most 64 tokens, but a completion has 65; lower"
                + " --max-new-tokens");
  }

  /** One token's embedding is NaN: the other prompt's completions have a score as ever. */
  @Test
  void aScoreThatIsNotFiniteIsAnErrorThatNamesThePrompt() {
    try (ScalarModel damaged = ScalarModel.from(base, 6)) {
      int token = ids(" so", true)[0];
      for (float number : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
        fillEmbedding(damaged.parameters(), token, number);
        assertThat(reward(damaged, group("Human: hello", completion(EOS)))).hasSize(1);
        assertThatThrownBy(
                () ->
                    reward(
                        damaged,
                        group("Human: hello", completion(EOS)),
                        group("Human: why?", completion(EOS), completion(token, EOS))))
            .isInstanceOf(UserException.class)
            .hasMessageMatching(
                "the reward model gives \\S+ for a completion of 'Human: why\\?'; .*");
      }
    }
  }

  private static void fillEmbedding(Parameters weights, int token, float number) {
    for (int i = 0; i < weights.specs().size(); i++) {
      if (weights.specs().get(i).parts().get(0).tensor().contains("embed")) {
        weights.changeTensors(
            i,
            tensors -> {
              StridedTensor embedding = tensors.values().iterator().next();
              float[] row = new float[Math.toIntExact(embedding.shape().get(1))];
              Arrays.fill(row, number);
              embedding.put(token, 1, row);
            });
      }
    }
  }

  @Test
  void theTokenBudgetChangesNothing() {
    Rollout rollout = TinyRollouts.ofLengths(new int[][] {{5, 9}, {2, 2}, {12}});
    double[] whole = new RewardModelReward(same, tokenizer, BUDGET).score(rollout);
    double[] split = new RewardModelReward(same, tokenizer, 1).score(rollout);
    assertThat(split).containsExactly(whole, within(1e-5));
    assertThat(whole).doesNotHaveDuplicates();
  }
}
