package org.rlhf4j.rollout.stage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.data.token.RowTokenizer;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.ModelConfig;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.adapter.LoraConfig;
import org.rlhf4j.reward.Scorer;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;
import org.rlhf4j.rollout.RolloutMetrics;
import org.rlhf4j.rollout.RolloutScoring;
import org.rlhf4j.rollout.RolloutSettings;
import org.rlhf4j.rollout.TinyRollouts;
import org.rlhf4j.rollout.file.RolloutFile;
import org.rlhf4j.rollout.kl.KlSettings;
import org.rlhf4j.rollout.reward.RewardPrograms;
import org.rlhf4j.settings.ConfigBuilder;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.settings.Written;
import org.rlhf4j.training.LoopSettings;
import org.rlhf4j.training.run.Sample;

class PolicyRunTest {
  @TempDir private Path folder;
  private LanguageModel policy;
  private RewardPrograms programs;
  private int resample;
  private KlSettings kl = TinyRollouts.kl();
  private final ByteArrayOutputStream shown = new ByteArrayOutputStream();
  private final Map<String, List<String>> given = new LinkedHashMap<>();

  @BeforeEach
  void write() throws IOException {
    policy = TinyRollouts.policy(1);
    save("policy", policy::save);
    try (ScalarModel model = ScalarModel.from(policy, 2);
        LanguageModel other = TinyRollouts.policy(3)) {
      save("reward", model::save);
      save("other", other::save);
    }
    List<String> prompts = new ArrayList<>(List.of("prompt"));
    for (int i = 0; i < 7; i++) {
      prompts.add("what is " + i + "?");
    }
    Files.write(folder.resolve("prompts.csv"), prompts);
    put("model", "policy");
    put("data", "prompts.csv");
    put("reward-model", "reward");
    given.put("prompts-per-step", List.of("3"));
    given.put("max-length", List.of("64"));
    given.put("max-new-tokens", List.of("5"));
    given.put("missing-eos-penalty", List.of("0.75"));
  }

  @AfterEach
  void close() {
    policy.close();
    if (programs != null) {
      programs.close();
    }
  }

  private void put(String setting, String file) {
    given.put(setting, List.of(folder.resolve(file).toString()));
  }

  private interface Saving {
    void to(Path folder) throws IOException;
  }

  private void save(String name, Saving model) throws IOException {
    model.to(Files.createDirectory(folder.resolve(name)));
  }

  private PolicyRun run(double epochs, Integer steps) {
    RolloutSettings settings =
        Settings.of(RolloutSettings.class).bind(Written.Mapping.EMPTY, given);
    programs = RewardPrograms.tried(settings, new PrintStream(shown, true, UTF_8));
    LoopSettings loop = new LoopSettings(epochs, steps, true, 4096, false, 1, 1, false);
    return PolicyRun.open(
        policy, new PolicySettings(settings, kl, loop, 0, 2, resample, false), programs);
  }

  @Test
  void aStepsRolloutIsComplete() {
    try (PolicyRun run = run(1, null)) {
      Rollout rollout = run.rollout(1).rollout();
      assertThat(rollout.groups()).hasSize(3);
      assertThat(rollout.size()).isEqualTo(6);
      for (Completion completion : rollout.completions()) {
        assertThat(completion.score()).isFinite();
        assertThat(completion.logprobs()).hasSize(completion.length());
        assertThat(completion.refLogprobs()).hasSize(completion.length());
        assertThat(completion.values()).isNull();
      }
      assertThat(RolloutMetrics.kl(rollout)).isCloseTo(0, within(1e-4));
      assertThat(run.report()).startsWith("prompts: 7 rows read, 7 kept (");
      assertThat(run.models().rewardModels()).hasSize(1);
      assertThat(run.models().policy()).isSameAs(policy);
    }
  }

  /**
   * What is sampled is what a bf16 model of the same folder samples; π_old is the fp32 pass. The
   * copy follows the policy when that is trained.
   */
  @Test
  void aCopyInAnotherFormatSamplesAsABehaviourPolicy() {
    given.put("rollout-precision", List.of("bf16"));
    try (PolicyRun run = run(1, null);
        LanguageModel rounded = LanguageModel.load(folder.resolve("policy"), Precision.BF16);
        LanguageModel other = LanguageModel.load(folder.resolve("other"), Precision.BF16)) {
      requireSampledBy(rounded, run.rollout(1).rollout());
      policy.parameters().set(other.parameters());
      requireSampledBy(other, run.rollout(2).rollout());
      assertThat(run.models().memory(List.of())).anyMatch(part -> part.name().equals("sampler"));
    }
  }

  private void requireSampledBy(LanguageModel sampler, Rollout rollout) {
    float[][] sampled = RolloutScoring.logprobs(sampler, rollout, 1, 4096);
    float[][] trained = RolloutScoring.logprobs(policy, rollout, 1, 4096);
    double error = 0;
    for (int i = 0; i < sampled.length; i++) {
      Completion completion = rollout.completions().get(i);
      assertThat(completion.logprobs()).containsExactly(trained[i], within(1e-4f));
      for (int t = 0; t < sampled[i].length; t++) {
        error += Math.abs(completion.behaviourLogprobs()[t] - sampled[i][t]) / rollout.tokens();
      }
    }
    assertThat(error).isLessThan(0.02);
  }

  private void putRewardModels(String... names) {
    given.put(
        "reward-model", Arrays.stream(names).map(name -> folder.resolve(name).toString()).toList());
  }

  private double[] scored(String... names) {
    putRewardModels(names);
    try (PolicyRun run = run(1, null)) {
      return run.rollout(1).rollout().scores();
    }
  }

  /** What each alone gives the same completions is added up by hand. */
  @Test
  void severalRewardModelsAreAddedUpOrAreAnEnsemble() throws IOException {
    try (ScalarModel model = ScalarModel.from(policy, 5)) {
      save("second", model::save);
    }
    double[] first = scored("reward");
    double[] second = scored("second");
    given.put("reward-model-weights", List.of("2,-0.5"));
    double[] sums = scored("reward", "second");
    given.remove("reward-model-weights");
    given.put("reward-ensemble", List.of("minimum"));
    double[] least = scored("reward", "second");
    for (int i = 0; i < first.length; i++) {
      assertThat(sums[i]).isCloseTo(2 * first[i] - 0.5 * second[i], within(1e-9));
      assertThat(least[i]).isEqualTo(Math.min(first[i], second[i]));
    }
    try (PolicyRun run = run(1, null)) {
      assertThat(run.models().rewardModels()).hasSize(2);
      Completion completion = run.rollout(1).rollout().completions().get(0);
      assertThat(completion.rewards().keySet())
          .containsExactly("model_1", "model_2", "model_deviation");
      assertThat(completion.rewards()).containsEntry("model_2", second[0]);
    }
  }

  /** (r_1 − 1) / 2 and (r_2 + 3) / 4, their mean; nothing is normalized a second time. */
  @Test
  void eachOfSeveralRewardModelsIsNormalizedByItsOwnNumbers() throws IOException {
    try (ScalarModel model = ScalarModel.from(policy, 5)) {
      save("second", model::save);
    }
    double[] first = scored("reward");
    double[] second = scored("second");
    writeNormalization("reward", 1, 2);
    writeNormalization("second", -3, 4);
    given.put("reward-ensemble", List.of("mean"));
    given.put("normalize-reward", List.of("true"));
    given.put("missing-eos-penalty", List.of("0"));
    putRewardModels("reward", "second");
    try (PolicyRun run = run(1, null)) {
      Rollout rollout = run.rollout(1).rollout();
      double[] scores = rollout.scores();
      for (int i = 0; i < scores.length; i++) {
        double expected = ((first[i] - 1) / 2 + (second[i] + 3) / 4) / 2;
        assertThat(scores[i]).isCloseTo(expected, within(1e-6));
      }
      assertThat(run.penalizedScores(rollout)).isEqualTo(scores);
    }
  }

  private void writeNormalization(String name, double mean, double deviation) throws IOException {
    try (ScalarModel model = ScalarModel.load(folder.resolve(name))) {
      String probe =
          "{\"prompt\": \"a\", \"completion\": \"b\", \"score\": %s}".formatted(probeScore(model));
      Files.writeString(
          folder.resolve(name).resolve("rlhf.json"),
          "{\"kind\": \"reward-model\", \"tokenizer_hash\": \"%s\", \"probes\": [%s], \"score_mean\": %s, \"score_deviation\": %s}"
              .formatted(model.tokenizer().hash(), probe, mean, deviation));
    }
  }

  private static float probeScore(ScalarModel model) {
    RowTokenizer tokenizer = new RowTokenizer(model.tokenizer(), 64);
    TokenTree tree =
        new TokenTree(
            tokenizer.promptIds("a"), List.of(tokenizer.ended(tokenizer.completionIds("a", "b"))));
    return Scorer.score(model, List.of(tree), 64).get(0)[0];
  }

  /** 7 prompts, 3 a step: an epoch has 3 steps. */
  @Test
  void stepsFollowFromTheEpochsUnlessGiven() {
    for (double[] expected : new double[][] {{1, 3}, {2, 6}, {0.5, 2}}) {
      try (PolicyRun run = run(expected[0], null)) {
        assertThat(run.steps()).isEqualTo((int) expected[1]);
      }
    }
    try (PolicyRun run = run(2, 11)) {
      assertThat(run.steps()).isEqualTo(11);
    }
  }

  /** A completion that ended and one that was cut, each with a score of 1.5. */
  private static Rollout endedAndCut() {
    return new Rollout(
        List.of(
            TinyRollouts.group(
                0,
                new int[] {5},
                TinyRollouts.completion(1.5, 7, 0),
                TinyRollouts.completion(1.5, 7, 8))));
  }

  @Test
  void cutCompletionsLoseThePenaltyAndKeepTheirScore() {
    Rollout rollout = endedAndCut();
    try (PolicyRun run = run(1, null)) {
      assertThat(run.penalizedScores(rollout)).containsExactly(1.5, 0.75);
    }
    assertThat(rollout.scores()).containsExactly(1.5, 1.5);
  }

  @Test
  void normalizedScoresAreLearntFromAndTheScoreIsKept() throws IOException {
    writeNormalization("reward", 0.5, 2);
    given.put("normalize-reward", List.of("true"));
    Rollout rollout = endedAndCut();
    try (PolicyRun run = run(1, null)) {
      // (1.5 − 0.5) / 2, and that less the penalty of 0.75
      assertThat(run.penalizedScores(rollout)).containsExactly(0.5, -0.25);
    }
    assertThat(rollout.scores()).containsExactly(1.5, 1.5);
    Files.delete(folder.resolve("reward/rlhf.json"));
    assertThatThrownBy(() -> run(1, null))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("no rlhf.json with score_mean");
  }

  @Test
  void aPolicyThatIsNoLongerItsReferenceFailsTheProofAtTheFirstStepOnly() {
    try (PolicyRun run = run(1, null);
        LanguageModel other = TinyRollouts.policy(3)) {
      policy.parameters().set(other.parameters());
      assertThatThrownBy(() -> run.rollout(1).rollout())
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith("proof \"KL 0\" failed");
      assertThat(RolloutMetrics.kl(run.rollout(2).rollout())).isNotCloseTo(0, within(1e-3));
    }
  }

  /** Policy, reference and a reward model that is an adapter on the same base: one copy of it. */
  @Test
  void withAnAdapterReferenceAndRewardModelShareThePolicysWeights() throws IOException {
    policy.close();
    LoraConfig lora = new LoraConfig(2, 4, 0, false, List.of());
    policy = LanguageModel.load(folder.resolve("policy"), lora, 1);
    try (ScalarModel reward = ScalarModel.from(policy, 5)) {
      save("adapter", reward::save);
    }
    assertThat(policy.modelsOnItsWeights()).isEqualTo(1);
    try (PolicyRun run = run(1, null)) {
      assertThat(policy.modelsOnItsWeights()).isEqualTo(2);
      assertThat(RolloutMetrics.kl(run.rollout(1).rollout())).isCloseTo(0, within(1e-5));
    }
    put("reward-model", "adapter");
    put("reference-model", "policy");
    try (PolicyRun run = run(1, null)) {
      assertThat(policy.modelsOnItsWeights()).isEqualTo(3);
      assertThat(run.rollout(1).rollout().size()).isEqualTo(6);
    }
    assertThat(policy.modelsOnItsWeights()).isEqualTo(1);
  }

  /** Pad = EOS is common, and harmless where masks come from lengths. */
  @Test
  void anEosThatIsThePaddingTokenChangesNothing() throws IOException {
    List<double[]> scores = new ArrayList<>();
    for (String pad : List.of("<|pad|>", "<|endoftext|>")) {
      for (String model : List.of("policy", "reward")) {
        Path file = folder.resolve(model).resolve("tokenizer_config.json");
        ObjectNode config = (ObjectNode) new ObjectMapper().readTree(file.toFile());
        config.put("pad_token", pad);
        Files.writeString(file, config.toString());
      }
      policy.close();
      policy = LanguageModel.load(folder.resolve("policy"));
      try (PolicyRun run = run(1, null)) {
        scores.add(run.rollout(1).rollout().scores());
      }
    }
    assertThat(scores.get(1)).isEqualTo(scores.get(0));
  }

  @Test
  void aRewardModelThatWasChangedIsRefused() throws IOException {
    Files.writeString(
        folder.resolve("reward/rlhf.json"),
        "{\"tokenizer_hash\": \"0\", \"probes\": [{\"prompt\": \"\", \"completion\":"
            + " \"Yes.\", \"score\": 77}]}");
    assertThatThrownBy(() -> run(1, null))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("the reward model scores its probe 1 (\"Yes.\")");
  }

  @Test
  void proofsAreSkippedWhereAskedTo() {
    given.put("skip-proofs", List.of("true"));
    try (PolicyRun run = run(1, null);
        LanguageModel other = TinyRollouts.policy(3)) {
      policy.parameters().set(other.parameters());
      assertThat(run.rollout(1).rollout().size()).isEqualTo(6);
      assertThat(run.report()).endsWith("proofs: skipped (--skip-proofs)");
    }
  }

  @Test
  void anotherReferenceIsMeantWhereItIsNamed() {
    put("reference-model", "other");
    try (PolicyRun run = run(1, null)) {
      assertThat(RolloutMetrics.kl(run.rollout(1).rollout())).isNotCloseTo(0, within(1e-3));
    }
  }

  /** Against Σ over completions of Σ_t KL, each term worked out from a row of its own. */
  @Test
  void exactKlIsThatOfTheWholeVocabulary() {
    put("reference-model", "other");
    try (PolicyRun run = run(1, null);
        LanguageModel other = TinyRollouts.policy(3)) {
      Rollout rollout = run.rollout(1).rollout();
      double sum = 0;
      for (RolloutGroup group : rollout.groups()) {
        for (Completion completion : group.completions()) {
          for (int t = 0; t < completion.length(); t++) {
            int[] before = new int[group.promptIds().length + t];
            System.arraycopy(group.promptIds(), 0, before, 0, group.promptIds().length);
            System.arraycopy(completion.ids(), 0, before, group.promptIds().length, t);
            float[] p = everyLogprob(policy, before);
            float[] q = everyLogprob(other, before);
            for (int v = 0; v < p.length; v++) {
              sum += Math.exp(p[v]) * ((double) p[v] - q[v]);
            }
          }
        }
      }
      assertThat(run.exactKl(rollout)).isPositive().isCloseTo(sum / 6, within(1e-4));
    }
  }

  /** log π(v | before) for every v: each id is a completion of its own. */
  private static float[] everyLogprob(LanguageModel model, int[] before) {
    List<int[]> completions = new ArrayList<>();
    for (int v = 0; v < TinyRollouts.VOCABULARY; v++) {
      completions.add(new int[] {v});
    }
    return model
        .logprobs(PackedTokens.of(List.of(new TokenTree(before, completions))), 1)
        .logprobs();
  }

  @Test
  void aRefreshedReferenceIsThePolicyAsItStood() {
    given.put("skip-proofs", List.of("true"));
    try (PolicyRun run = run(1, null);
        LanguageModel other = TinyRollouts.policy(3)) {
      policy.parameters().set(other.parameters());
      assertThat(run.exactKl(run.rollout(1).rollout())).isGreaterThan(1e-2);
      run.models().refreshReference();
      assertThat(run.exactKl(run.rollout(1).rollout())).isZero();
    }
  }

  /** The tiny model with another number in its configuration, as the reference. */
  private void referenceWith(String key, int value) throws IOException {
    ObjectNode json =
        (ObjectNode)
            new ObjectMapper().readTree(TinyRollouts.FOLDER.resolve("config.json").toFile());
    json.put(key, value);
    Path shape = Files.createDirectory(folder.resolve("shape"));
    Files.writeString(shape.resolve("config.json"), json.toString());
    try (LanguageModel other =
        LanguageModel.fresh(ModelConfig.read(shape), TinyRollouts.tokenizer(), 4)) {
      save("changed", other::save);
    }
    put("reference-model", "changed");
  }

  @Test
  void aReferenceThatCantReadTheRolloutsIsRefused() throws IOException {
    referenceWith("max_position_embeddings", 16);
    assertThatThrownBy(() -> run(1, null))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith(
            "changed: it reads at most 16 tokens; lower --max-length, which is 64");
  }

  @Test
  void aReferenceOfAnotherShapeCantBeRefreshed() throws IOException {
    int layers = ModelConfig.read(TinyRollouts.FOLDER).dimensions().layers();
    referenceWith("num_hidden_layers", layers - 1);
    kl = ConfigBuilder.of(KlSettings.class).with(KlSettings::refreshReferenceEvery, 2).build();
    assertThatThrownBy(() -> run(1, null))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("its shape is different from the policy's")
        .hasMessageContaining("--refresh-reference-every");
  }

  /** The reference lies on the policy's base: what fails after it was made leaves none there. */
  @Test
  void aSetUpThatFailsClosesWhatItOpened() {
    policy.close();
    LoraConfig lora = new LoraConfig(2, 4, 0, false, List.of());
    policy = LanguageModel.load(folder.resolve("policy"), lora, 1);
    for (String setting : List.of("data", "reward-model")) {
      put(setting, "none");
      assertThatThrownBy(() -> run(1, null)).isInstanceOf(UserException.class);
      assertThat(policy.modelsOnItsWeights()).isEqualTo(1);
    }
  }

  /** Of 7 prompts 4 are shown; the same policy says the same to them, another one doesn't. */
  @Test
  void samplesDependOnThePolicyAlone() {
    try (PolicyRun run = run(1, null);
        LanguageModel other = TinyRollouts.policy(3)) {
      List<Sample> samples = run.samples();
      assertThat(samples)
          .extracting(Sample::prompt)
          .containsExactly("what is 0?", "what is 1?", "what is 3?", "what is 5?");
      assertThat(samples).allSatisfy(sample -> assertThat(sample.score()).isFinite());
      run.rollout(1).rollout();
      assertThat(run.samples()).isEqualTo(samples);
      policy.parameters().set(other.parameters());
      assertThat(run.samples()).isNotEqualTo(samples);
    }
  }

  @Test
  void replayNeedsNeitherDataNorRewardModel() throws IOException {
    List<String> lines = new ArrayList<>();
    try (PolicyRun run = run(1, null)) {
      for (int step = 1; step <= 2; step++) {
        RolloutFile.lines(step, run.rollout(step).rollout())
            .forEach(line -> lines.add(line.toString()));
      }
    }
    Files.write(folder.resolve("rollouts.jsonl"), lines);
    given.remove("data");
    given.remove("reward-model");
    put("replay", "rollouts.jsonl");
    try (PolicyRun run = run(2, null)) {
      assertThat(run.models().rewardModels()).isEmpty();
      assertThat(run.samples()).isEmpty();
      assertThat(run.report()).isEqualTo("prompts: 2 recorded steps");
      assertThat(run.steps()).isEqualTo(4);
      List<String> again = new ArrayList<>();
      for (int step = 1; step <= 2; step++) {
        RolloutFile.lines(step, run.rollout(step).rollout())
            .forEach(line -> again.add(line.toString()));
      }
      assertThat(again).isEqualTo(lines);
    }
  }

  /** Prompts with answers, and completions that a program tells apart by their first letter. */
  private void putProgram(String... programs) throws IOException {
    List<String> rows = new ArrayList<>(List.of("prompt,answer,level"));
    for (int i = 0; i < 7; i++) {
      rows.add("what is " + i + "?," + i + ",hard");
    }
    Files.write(folder.resolve("answers.csv"), rows);
    put("data", "answers.csv");
    given.put("reward", List.of(programs));
  }

  @Test
  void programsJudgeWithoutARewardModel() throws IOException {
    putProgram("exact-match", "2*regex:^[a-m ]", "0*regex:z");
    given.remove("reward-model");
    try (PolicyRun run = run(1, null)) {
      assertThat(run.models().rewardModels()).isEmpty();
      StepRollout made = run.rollout(1);
      for (Completion completion : made.rollout().completions()) {
        assertThat(completion.rewards().keySet())
            .containsExactly("exact_match", "regex", "regex_2");
        double found = completion.text().matches("(?s)[a-m ].*") ? 1 : 0;
        assertThat(completion.rewards())
            .containsEntry("exact_match", 0.0)
            .containsEntry("regex", found);
        assertThat(completion.score()).isEqualTo(2 * found);
      }
      assertThat(made.metrics().values()).isEqualTo(Map.of("unscored", 0.0));
      assertThat(run.samples()).allSatisfy(one -> assertThat(one.rewards()).hasSize(3));
    }
    assertThat(shown.toString(UTF_8).lines())
        .containsExactly(
            "reward_exact_match: tried on 4 rows; it gives 1 for their answers and 0 for an"
                + " empty completion",
            "reward_regex: tried on 4 rows; it gives 0 for their answers and 0 for an empty"
                + " completion",
            "reward_regex_2: tried on 4 rows; it gives 0 for their answers and 0 for an empty"
                + " completion");
  }

  @Test
  void aRewardModelAndProgramsAreAddedUp() throws IOException {
    double[] model;
    try (PolicyRun run = run(1, null)) {
      StepRollout made = run.rollout(1);
      model = made.rollout().scores();
      assertThat(made.rollout().completions().get(0).rewards()).isEmpty();
      assertThat(made.metrics().values()).isEmpty();
    }
    putProgram("-0.5*length-penalty:0-5");
    try (PolicyRun run = run(1, null)) {
      List<Completion> completions = run.rollout(1).rollout().completions();
      for (int i = 0; i < model.length; i++) {
        Completion completion = completions.get(i);
        assertThat(completion.rewards()).containsEntry("model", model[i]);
        double penalty = -completion.length() / 5.0;
        assertThat(completion.rewards().get("length_penalty")).isCloseTo(penalty, within(1e-12));
        assertThat(completion.score()).isCloseTo(model[i] - 0.5 * penalty, within(1e-12));
      }
    }
  }

  /** A command that has an opinion on even numbers alone, by the prompt that it is sent. */
  @Test
  void completionsThatNothingAppliesToAreLeftOut() throws IOException {
    putProgram(
        "command:while read -r l; do case $l in *'is 1?'*|*'is 3?'*|*'is 5?'*)"
            + " echo '{\"score\": null}';; *hard*) echo '{\"score\": 1}';; esac; done");
    given.remove("reward-model");
    given.put("prompts-per-step", List.of("7"));
    try (PolicyRun run = run(1, null)) {
      StepRollout made = run.rollout(1);
      Rollout rollout = made.rollout();
      assertThat(rollout.groups())
          .extracting(RolloutGroup::prompt)
          .containsExactlyInAnyOrder("what is 0?", "what is 2?", "what is 4?", "what is 6?");
      assertThat(rollout.scores()).containsOnly(1);
      assertThat(made.metrics().values()).isEqualTo(Map.of("unscored", 6.0));
    }
  }

  @Test
  void aStepThatNothingAppliesToStopsTheRun() throws IOException {
    putProgram("command:while read -r l; do echo '{\"score\": null}'; done");
    given.remove("reward-model");
    try (PolicyRun run = run(1, null)) {
      assertThatThrownBy(() -> run.rollout(2).rollout())
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith("step 2: no reward applies to any completion; use a --reward");
    }
    assertThat(shown.toString(UTF_8))
        .contains("it gives nothing for their answers and nothing for an empty");
  }

  /** Whatever is sampled, nothing matches: each step tries two prompts more than its three. */
  @Test
  void groupsOfEqualRewardsAreResampled() throws IOException {
    putProgram("exact-match");
    given.remove("reward-model");
    given.put("missing-eos-penalty", List.of("0"));
    resample = 2;
    try (PolicyRun run = run(1, null)) {
      StepRollout made = run.rollout(1);
      assertThat(made.rollout().groups()).hasSize(3);
      assertThat(made.metrics().values())
          .isEqualTo(Map.of("unscored", 0.0, "resampled_groups", 2.0));
    }
  }
}
