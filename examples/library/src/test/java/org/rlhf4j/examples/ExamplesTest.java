package org.rlhf4j.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.data.file.Location;
import org.rlhf4j.data.row.Comparison;
import org.rlhf4j.data.row.Demonstration;
import org.rlhf4j.hub.HubEnvironment;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.ModelConfig;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.reward.RewardEvaluation;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.program.CompletedPrompt;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.display.Progress;
import org.rlhf4j.training.display.ProgressListener;
import org.rlhf4j.training.run.Metrics;

/** Each example on a fresh model of the demo's shape and on the demo's rows. */
class ExamplesTest {

  private static final Path DEMO = Path.of("../../data/demo");
  private static final Location HERE = new Location("ExamplesTest", 1, 1);
  private static final List<String> PROMPTS =
      List.of("Question: Please add 9 and 4. Reply:", "Question: Why? Reply:");

  @TempDir private static Path folder;
  private static Path fresh;
  private static final Heard SFT = new Heard();
  private static final Heard REWARD = new Heard();

  /** Keeps what it is told. */
  private static final class Heard implements ProgressListener {
    private final List<Progress> steps = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    @Override
    public void step(Progress progress) {
      steps.add(progress);
    }

    @Override
    public void note(String line) {
      notes.add(line);
    }

    double[] of(String metric) {
      return steps.stream().mapToDouble(step -> step.get(metric)).toArray();
    }
  }

  @BeforeAll
  static void runTheFirstStages() throws IOException {
    fresh = Files.createDirectory(folder.resolve("fresh"));
    Tokenizer tokenizer = Tokenizer.load(DEMO.resolve("tokenizer"));
    ModelConfig config = ModelConfig.readFile(DEMO.resolve("config.json"));
    try (LanguageModel model = LanguageModel.fresh(config, tokenizer, 1)) {
      model.save(fresh);
    }
    FineTune.run(fresh, DEMO.resolve("demonstrations.csv"), folder.resolve("sft"), SFT);
    TrainRewardModel.run(
        folder.resolve("sft"),
        DEMO.resolve("comparisons.csv"),
        DEMO.resolve("heldout.csv"),
        folder.resolve("reward"),
        REWARD);
  }

  /** Of 1024 ids a fresh model finds all alike: log 1024 = 6.93 nats. */
  @Test
  void fineTuning() {
    assertThat(SFT.steps).extracting(Progress::stage).containsOnly("sft");
    assertThat(SFT.steps).extracting(Progress::step).endsWith(11, 12).hasSize(12);
    assertThat(SFT.of("loss")[0]).isCloseTo(Math.log(1024), within(0.1));
    assertThat(SFT.of("loss")[11]).isLessThan(Math.log(1024) - 1);
    assertThat(SFT.steps.get(0).line("loss")).matches("sft 1/12, loss [67]\\.\\d{3}");
    assertThat(SFT.notes).anyMatch(line -> line.contains(" rows read, "));
    assertThat(folder.resolve("sft/model/model.safetensors")).exists();
  }

  @Test
  void rewardModel() {
    assertThat(REWARD.of("eval_accuracy")[4]).isBetween(0.0, 1.0);
    assertThat(REWARD.of("eval_accuracy")[3]).isNaN();
    assertThat(REWARD.of("loss")[0]).isCloseTo(Math.log(2), within(0.1));
    assertThat(folder.resolve("reward/model/rlhf.json")).exists();
  }

  @Test
  void ppo() throws IOException {
    Heard heard = new Heard();
    Path output = folder.resolve("ppo");
    ImproveByPpo.run(
        folder.resolve("sft"),
        folder.resolve("reward"),
        DEMO.resolve("prompts.csv"),
        output,
        heard);
    assertThat(heard.of("kl")[0]).isCloseTo(0, within(1e-4));
    assertThat(heard.of("kl")[1]).isNotZero();
    assertThat(output.resolve("critic/model.safetensors")).exists();
    assertThat(output.resolve("config.yaml")).content().contains("kl-coefficient: 0.1");
  }

  @Test
  void grpoWithAClassAsReward() throws IOException {
    Heard heard = new Heard();
    Path output = folder.resolve("grpo");
    ImproveByGrpo.run(folder.resolve("sft"), DEMO.resolve("sums.csv"), output, heard);
    assertThat(heard.steps).hasSize(2).allMatch(one -> one.get("reward") >= 0);
    assertThat(heard.notes).anyMatch(line -> line.startsWith("reward_class: tried on 4 rows"));
    assertThat(output.resolve("config.yaml"))
        .content()
        .contains("class:#" + ImproveByGrpo.RightSum.class.getName());
  }

  @Test
  void theSumIsJudged() {
    assertThat(judged(" 9 + 4 = 13 ")).isEqualTo(1);
    assertThat(judged(" 9 + 4 = 12")).isEqualTo(0.1);
    assertThat(judged(" With pleasure")).isZero();
  }

  private static double judged(String reply) {
    return new ImproveByGrpo.RightSum()
        .score(new CompletedPrompt("", reply, new int[0], true, "13", Map.of()));
  }

  /** Random numbers follow from their keys alone, so replies come again. */
  @Test
  void generation() {
    List<GenerateAndScore.Reply> replies =
        GenerateAndScore.run(folder.resolve("sft"), folder.resolve("reward"), PROMPTS.get(0));
    assertThat(replies).extracting(GenerateAndScore.Reply::text).doesNotHaveDuplicates();
    assertThat(replies).allMatch(reply -> reply.logprob() < 0);
    List<GenerateAndScore.Reply> again =
        GenerateAndScore.run(folder.resolve("sft"), folder.resolve("reward"), PROMPTS.get(0));
    assertThat(again).isEqualTo(replies);
  }

  @Test
  void stepsOfSft() throws IOException {
    Path output = Files.createDirectory(folder.resolve("steps"));
    List<Metrics> metrics =
        SftSteps.run(
            fresh, List.of(new Demonstration(PROMPTS.get(0), " 13", false, HERE)), 4, output);
    assertThat(loss(metrics.get(3))).isLessThan(loss(metrics.get(0)));
    try (LanguageModel model = LanguageModel.load(output)) {
      assertThat(model.config().dimensions().vocabulary()).isEqualTo(1024);
    }
  }

  private static double loss(Metrics metrics) {
    return metrics.get("loss").orElseThrow();
  }

  @Test
  void stepsOfTheRewardModel() {
    RewardEvaluation evaluation =
        RewardSteps.run(
            fresh, List.of(new Comparison(PROMPTS.get(1), " Gladly!", " No!", 0, HERE)), 10);
    assertThat(evaluation.accuracy()).isEqualTo(1);
    assertThat(evaluation.loss()).isLessThan(Math.log(2));
  }

  @Test
  void stepsOfDpo() throws IOException {
    Path output = Files.createDirectory(folder.resolve("dpo-steps"));
    List<Metrics> metrics =
        DpoSteps.run(
            folder.resolve("sft"),
            List.of(new Comparison(PROMPTS.get(1), " Gladly!", " No!", 0, HERE)),
            4,
            output);
    assertThat(loss(metrics.get(0))).isCloseTo(Math.log(2), within(1e-4));
    assertThat(metrics.get(3).get("margin_mean").orElseThrow()).isPositive();
    LanguageModel.load(output).close();
  }

  @Test
  void stepsOfPpo() {
    List<Metrics> metrics =
        PpoSteps.run(folder.resolve("sft"), folder.resolve("reward"), PROMPTS, 2);
    assertThat(metrics.get(0).get("kl").orElseThrow()).isCloseTo(0, within(1e-4));
    assertThat(metrics.get(1).get("ratio_max")).isPresent();
  }

  @Test
  void stepsOfGrpoAndItsRollouts() {
    List<Metrics> metrics = GrpoSteps.run(folder.resolve("sft"), PROMPTS, 2);
    assertThat(metrics).allMatch(step -> step.get("reward").orElseThrow() < 0);
    try (LanguageModel policy = LanguageModel.load(folder.resolve("sft"))) {
      Rollout rollout = Rollouts.of(policy, PROMPTS, 3, all -> new double[all.size()]).rollout(1);
      assertThat(rollout.size()).isEqualTo(6);
      assertThat(rollout.completions()).extracting(Completion::score).containsOnly(0.0);
    }
  }

  @Test
  void rowsAreRead() {
    try (Tokenizer tokenizer = Tokenizer.load(DEMO.resolve("tokenizer"))) {
      List<int[]> groups = ReadRows.run(tokenizer, DEMO.resolve("comparisons.csv"));
      assertThat(groups.stream().mapToInt(group -> group.length).sum()).isEqualTo(16);
    }
  }

  @Test
  void theHubIsAskedForWhatIsMissing() {
    HubEnvironment offline =
        new HubEnvironment(
            URI.create("https://huggingface.co"),
            folder.resolve("cache"),
            Optional.empty(),
            true,
            true);
    assertThatThrownBy(() -> FetchModel.run(offline, "someone/something"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("someone/something");
  }
}
