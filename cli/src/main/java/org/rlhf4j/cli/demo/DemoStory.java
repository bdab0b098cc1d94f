package org.rlhf4j.cli.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import org.rlhf4j.pipeline.PipelineRun;
import org.rlhf4j.pipeline.PipelineStage;
import org.rlhf4j.training.run.Metrics;
import org.rlhf4j.training.run.MetricsLog;

/** Tells what the demo's stages do, shows replies before and after, and measures what changed. */
public final class DemoStory implements PipelineRun.Watcher {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** The last steps over which the KL is averaged. */
  private static final int LAST_STEPS = 5;

  private final Path output;
  private final Path input;
  private final long seed;
  private final PrintWriter err;

  private Replies advice;
  private Replies sums;
  private double accuracy;
  private double kind;
  private double kl;
  private double right;

  /**
   * Starts.
   *
   * @param output the demo's folder
   * @param input where its files are
   * @param seed of the replies
   * @param err takes the story
   */
  public DemoStory(Path output, Path input, long seed, PrintWriter err) {
    this.output = output;
    this.input = input;
    this.seed = seed;
    this.err = err;
  }

  @Override
  public void begins(PipelineStage stage) {
    switch (stage.name()) {
      case "sft" ->
          tell(
              "A model that knows nothing, not even words, reads demonstrations. They are",
              "questions with replies and sums with answers. One reply in five is kind, the others",
              "are curt; two answers in five are right. The model learns to write like this.");
      case "reward" ->
          tell(
              "A reward model reads pairs of replies to the same question and is told which one",
              "is better. It learns to score replies. Nobody says what makes a reply better.");
      case "ppo" ->
          tell(
              "The sft model replies, and the reward model scores the replies. Replies that score",
              "better than expected become likelier. A KL penalty holds the model near the sft",
              "model.");
      default ->
          tell(
              "Again from the sft model: it answers each sum eight times. A program checks the",
              "number; there is no reward model. Answers better than their group become likelier.");
    }
  }

  @Override
  public void ended(PipelineStage stage) throws IOException {
    switch (stage.name()) {
      case "sft" -> afterSft();
      case "reward" -> afterReward();
      case "ppo" -> afterPpo();
      default -> afterGrpo();
    }
  }

  private void afterSft() {
    advice = replies("sft", DemoFiles.HELD_OUT);
    sums = replies("sft", DemoFiles.HELD_OUT_SUMS);
    show(advice.all().get(0));
    show(advice.all().get(advice.all().size() / 2));
    show(sums.all().get(0));
    tell(
        String.format(
            Locale.ROOT,
            "%s of %d replies are kind, and %s of %d sums are right.",
            percent(advice.share(DemoStory::isKind)),
            advice.all().size(),
            percent(sums.share(Addition::isRight)),
            sums.all().size()));
  }

  private void afterReward() throws IOException {
    JsonNode evaluation = JSON.readTree(output.resolve("reward/evaluation.json").toFile());
    accuracy = evaluation.path("accuracy").doubleValue();
    tell(
        String.format(
            Locale.ROOT,
            "It orders %s of %d unseen pairs right; a judge that looks only at length gets %s.",
            percent(accuracy),
            evaluation.path("pairs").intValue(),
            percent(evaluation.at("/length_baseline/accuracy").doubleValue())));
  }

  private void afterPpo() throws IOException {
    Replies now = replies("ppo", DemoFiles.HELD_OUT);
    kind = now.share(DemoStory::isKind);
    kl = lastKl(output.resolve("ppo/metrics.jsonl"));
    for (int row : List.of(0, now.all().size() / 2)) {
      show(advice.all().get(row), now.all().get(row));
    }
    tell(
        ("Before, %s of the replies were kind; now %s are, by a rule that the reward model never"
                + " saw.")
            .formatted(percent(advice.share(DemoStory::isKind)), percent(kind)));
  }

  private void afterGrpo() {
    Replies now = replies("grpo", DemoFiles.HELD_OUT_SUMS);
    right = now.share(Addition::isRight);
    for (int row : List.of(0, now.all().size() / 2)) {
      show(sums.all().get(row), now.all().get(row));
    }
    tell(
        "Before, %s of the sums were right; now %s are."
            .formatted(percent(sums.share(Addition::isRight)), percent(right)));
  }

  /** What was measured, after the last stage. */
  public Promise.Figures figures() {
    return new Promise.Figures(
        accuracy, advice.share(DemoStory::isKind), kind, kl, sums.share(Addition::isRight), right);
  }

  private Replies replies(String stage, String prompts) {
    return Replies.of(output.resolve(stage), input.resolve(prompts), seed);
  }

  private static boolean isKind(String prompt, String reply) {
    return Manner.isKind(reply);
  }

  /** The KL of the last steps, in nats a reply. */
  private static double lastKl(Path file) throws IOException {
    SortedMap<Integer, Metrics> steps = MetricsLog.read(file);
    return steps.tailMap(steps.lastKey() - LAST_STEPS + 1).values().stream()
        .mapToDouble(metrics -> metrics.get("kl").orElseThrow())
        .average()
        .orElseThrow();
  }

  private void show(Replies.Reply reply) {
    err.printf("    %s%n      %s%n", question(reply), reply.text().strip());
  }

  private void show(Replies.Reply before, Replies.Reply after) {
    err.printf(
        "    %s%n      before: %s%n      after:  %s%n",
        question(before), before.text().strip(), after.text().strip());
  }

  private static String question(Replies.Reply reply) {
    return reply.prompt().replace("Question: ", "").replace(" Reply:", "");
  }

  private void tell(String... lines) {
    for (String line : lines) {
      err.println("  " + line);
    }
    err.flush();
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }
}
