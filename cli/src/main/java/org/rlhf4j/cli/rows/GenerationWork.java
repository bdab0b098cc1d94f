package org.rlhf4j.cli.rows;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.rlhf4j.cli.command.FiniteNumbers;
import org.rlhf4j.data.file.BadRowException;
import org.rlhf4j.data.row.PromptRow;
import org.rlhf4j.data.row.Rows;
import org.rlhf4j.data.token.RowTokenizer;
import org.rlhf4j.data.token.TokenizedPrompt;
import org.rlhf4j.model.Generator;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.family.Dimensions;
import org.rlhf4j.model.random.SampleKey;
import org.rlhf4j.model.sampling.GenerationRequest;
import org.rlhf4j.model.sampling.Sampled;
import org.rlhf4j.model.sampling.SamplingListener;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;
import org.rlhf4j.rollout.reward.RewardModelReward;

/** Samples completions of prompts, and picks the best of each where there is a reward. */
final class GenerationWork implements RowWork<PromptRow, GenerationWork.Prompt> {

  /** Completions in work at a time, and completions that are waited for together. */
  private static final int ROWS = 64;

  private static final int BATCH = 256;

  /** A prompt with what its completions are keyed by. */
  record Prompt(TokenizedPrompt tokens, long index) {}

  /**
   * A completion's line.
   *
   * @param score of the best of several, else null
   */
  record Line(
      String prompt, String completion, int[] completionIds, String finishReason, Float score) {}

  private final LanguageModel model;
  private final GenerateCommand.GenerateSettings settings;
  private final RewardModelReward reward;
  private final RowTokenizer tokenizer;
  private final Ending ending;
  private int cut;

  /**
   * Creates the work.
   *
   * @param reward judges completions, or null where all are written
   */
  GenerationWork(
      LanguageModel model, GenerateCommand.GenerateSettings settings, RewardModelReward reward) {
    this.model = model;
    this.settings = settings;
    this.reward = reward;
    this.tokenizer = new RowTokenizer(model.tokenizer(), model.config().dimensions().positions());
    this.ending = new Ending(model.tokenizer(), settings.stop());
  }

  /** How many prompts lost their beginning. */
  int cut() {
    return cut;
  }

  @Override
  public Prompt prepare(PromptRow row, long index) {
    Rows<PromptRow> one = new Rows<>(List.of(row), List.of());
    List<TokenizedPrompt> kept = tokenizer.tokenizePrompts(one, settings.maxNewTokens()).rows();
    if (kept.isEmpty()) {
      throw new BadRowException(
          row.location(), "an empty prompt has no token to continue; write something");
    }
    if (reward != null) {
      reward.requireReads(kept.get(0));
    }
    return new Prompt(kept.get(0), index);
  }

  @Override
  public List<int[]> ids(Prompt prompt) {
    return List.of(prompt.tokens().ids());
  }

  @Override
  public Dimensions dimensions() {
    return model.config().dimensions();
  }

  @Override
  public int size(Prompt prompt) {
    return settings.drawn();
  }

  @Override
  public int budget() {
    return BATCH;
  }

  @Override
  public List<List<Object>> lines(List<Prompt> prompts) {
    cut += (int) prompts.stream().filter(prompt -> prompt.tokens().cut() > 0).count();
    List<GenerationRequest> requests = prompts.stream().map(this::request).toList();
    List<List<Sampled>> sampled =
        Generator.generate(
            model,
            settings.sampling(),
            model.tokenizer().stopIds(),
            SamplingListener.until(ending::reached),
            requests,
            ROWS);
    List<List<Object>> lines = new ArrayList<>();
    for (int i = 0; i < prompts.size(); i++) {
      List<Ending.Ended> ended = new ArrayList<>();
      for (Sampled one : sampled.get(i)) {
        FiniteNumbers.require(
            prompts.get(i).tokens().row().location(), one.logprobs(), "log-probability");
        ended.add(ending.of(one));
      }
      lines.add(reward == null ? all(prompts.get(i), ended) : List.of(best(prompts.get(i), ended)));
    }
    return lines;
  }

  private GenerationRequest request(Prompt prompt) {
    return new GenerationRequest(
        prompt.tokens().ids(),
        IntStream.range(0, settings.drawn())
            .mapToObj(i -> new SampleKey(settings.machine().seed(), 0, prompt.index(), i))
            .toList());
  }

  private static List<Object> all(Prompt prompt, List<Ending.Ended> completions) {
    return completions.stream().<Object>map(one -> line(prompt, one, null)).toList();
  }

  private static Line line(Prompt prompt, Ending.Ended completion, Float score) {
    return new Line(
        prompt.tokens().row().prompt(),
        completion.text(),
        completion.ids(),
        completion.reason(),
        score);
  }

  /** The completion of the highest score, the first among equals. */
  private Object best(Prompt prompt, List<Ending.Ended> completions) {
    String text = prompt.tokens().row().prompt();
    List<Completion> judged = completions.stream().map(one -> completion(text, one)).toList();
    double[] scores =
        reward.score(new Rollout(List.of(RolloutGroup.of(0, prompt.tokens(), judged))));
    int best = 0;
    for (int i = 1; i < scores.length; i++) {
      best = scores[i] > scores[best] ? i : best;
    }
    return line(prompt, completions.get(best), (float) scores[best]);
  }

  /** What is judged: the ids as sampled, or where a text ended it those of what stands before. */
  private Completion completion(String prompt, Ending.Ended ended) {
    int[] ids =
        ended.stopped()
            ? tokenizer.ended(tokenizer.completionIds(prompt, ended.text()))
            : ended.ids();
    return new Completion(ids, true, ended.text(), Double.NaN, null, null, null);
  }
}
