package org.rlhf4j.rollout.reward;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;
import org.rlhf4j.rollout.program.CompletedPrompt;
import org.rlhf4j.rollout.program.CompletionLines;
import org.rlhf4j.rollout.program.Judge;
import org.rlhf4j.rollout.program.Judgement;
import org.rlhf4j.rollout.program.RewardProgram;
import org.rlhf4j.settings.UserException;

/**
 * A program's score of each completion.
 *
 * @param name what errors call it
 * @param program the program
 * @param policyTokenizer decodes prompts of which only the ids are known
 */
record ProgramReward(String name, RewardProgram program, Tokenizer policyTokenizer)
    implements Reward {

  @Override
  public void foresee(RolloutGroup group) {
    completed(group).forEach(program::foresee);
  }

  @Override
  public double[] score(Rollout rollout) {
    return scored(rollout).scores();
  }

  @Override
  public Rollout scored(Rollout rollout) {
    return scored(rollout, Optional::empty);
  }

  @Override
  public Rollout scored(Rollout rollout, Supplier<Optional<Rollout>> reference) {
    List<CompletedPrompt> batch =
        rollout.groups().stream().flatMap(group -> completed(group).stream()).toList();
    if (program instanceof Judge judge && judge.lacksOthers(batch)) {
      List<CompletedPrompt> alone = batch;
      batch = reference.get().map(other -> judge.besideOthers(alone, texts(other))).orElse(alone);
    }
    List<Judgement> judged = judged(name, program, batch);
    double[][] tokenRewards = new double[batch.size()][];
    for (int i = 0; i < tokenRewards.length; i++) {
      tokenRewards[i] = perToken(judged.get(i), batch.get(i).ids());
    }
    return rollout
        .withScores(judged.stream().mapToDouble(Judgement::score).toArray())
        .withTokenRewards(tokenRewards);
  }

  private static List<String> texts(Rollout rollout) {
    return rollout.completions().stream().map(Completion::text).toList();
  }

  /** What is paid at each token, NaN where nothing is; null where a judgement is of the whole. */
  private double[] perToken(Judgement judgement, int[] ids) {
    double[] lines = judgement.lineRewards();
    if (lines == null) {
      return judgement.tokenRewards();
    }
    double[] rewards = new double[ids.length];
    Arrays.fill(rewards, Double.NaN);
    int[] last = CompletionLines.lastTokens(lines.length, ids, policyTokenizer);
    for (int line = 0; line < lines.length; line++) {
      int token = last[line];
      rewards[token] = (Double.isNaN(rewards[token]) ? 0 : rewards[token]) + lines[line];
    }
    return rewards;
  }

  private List<CompletedPrompt> completed(RolloutGroup group) {
    String prompt =
        group.prompt() != null ? group.prompt() : policyTokenizer.decode(group.promptIds());
    return group.completions().stream()
        .map(
            completion ->
                new CompletedPrompt(
                    prompt,
                    completion.text(),
                    completion.ids(),
                    completion.ended(),
                    group.answer(),
                    group.fields()))
        .toList();
  }

  /** The program's judgements, held to what a program may give. */
  static List<Judgement> judged(String name, RewardProgram program, List<CompletedPrompt> batch) {
    List<Judgement> judged = program.judgeAll(batch);
    if (judged == null || judged.size() != batch.size()) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "--reward %s: gave %s scores for %d completions; one for each is needed",
              name,
              judged == null ? "no" : judged.size(),
              batch.size()));
    }
    for (int i = 0; i < batch.size(); i++) {
      require(name, judged.get(i), batch.get(i));
    }
    return judged;
  }

  private static void require(String name, Judgement judgement, CompletedPrompt completed) {
    if (Double.isInfinite(judgement.score())) {
      throw new UserException(
          "--reward %s: gave %s for a completion of '%s'; a finite number is needed, or NaN where it doesn't apply"
              .formatted(name, judgement.score(), completed.shortPrompt()));
    }
    requireLength(name, "token", judgement.tokenRewards(), completed.ids().length, completed);
    int lines = CompletionLines.count(completed.completion());
    requireLength(name, "line", judgement.lineRewards(), lines, completed);
  }

  private static void requireLength(
      String name, String what, double[] rewards, int count, CompletedPrompt completed) {
    if (rewards != null && rewards.length != count) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "--reward %s: gave %d %s_rewards for a completion of %d %ss of '%s'; one for each is"
                  + " needed",
              name,
              rewards.length,
              what,
              count,
              what,
              completed.shortPrompt()));
    }
  }
}
