package org.rlhf4j.rollout.reward;

import java.util.List;
import java.util.Locale;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;
import org.rlhf4j.rollout.program.CompletedPrompt;
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
    return scores(
        name, program, rollout.groups().stream().flatMap(g -> completed(g).stream()).toList());
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

  /** The program's scores, held to what a program may give. */
  static double[] scores(String name, RewardProgram program, List<CompletedPrompt> batch) {
    double[] scores = program.scoreAll(batch);
    if (scores == null || scores.length != batch.size()) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "--reward %s: gave %s scores for %d completions; one for each is needed",
              name,
              scores == null ? "no" : scores.length,
              batch.size()));
    }
    for (int i = 0; i < scores.length; i++) {
      if (Double.isInfinite(scores[i])) {
        throw new UserException(
            "--reward %s: gave %s for a completion of '%s'; a finite number is needed, or NaN where it doesn't apply"
                .formatted(name, scores[i], batch.get(i).shortPrompt()));
      }
    }
    return scores;
  }
}
