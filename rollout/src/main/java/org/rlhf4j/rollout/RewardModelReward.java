package org.rlhf4j.rollout;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.rlhf4j.data.RowTokenizer;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.Tokenizer;
import org.rlhf4j.model.UserException;
import org.rlhf4j.reward.Scorer;

/**
 * A reward model's score r(prompt, completion), read at the completion's last token; EOS is
 * appended to a cut one. A reward model with the policy's tokenizer is fed the policy's ids, one
 * with another is fed the text.
 */
public final class RewardModelReward implements Reward {
  private final ScalarModel model;
  private final Tokenizer policyTokenizer;
  private final RowTokenizer rows;
  private final boolean sameTokenizer;
  private final int tokenBudget;

  /**
   * A reward.
   *
   * @param model the reward model
   * @param policyTokenizer that of the policy
   * @param tokenBudget tokens per forward pass
   */
  public RewardModelReward(ScalarModel model, Tokenizer policyTokenizer, int tokenBudget) {
    this.model = model;
    this.policyTokenizer = policyTokenizer;
    this.tokenBudget = tokenBudget;
    this.rows = new RowTokenizer(model.tokenizer(), model.config().dimensions().positions());
    this.sameTokenizer = model.tokenizer().hash().equals(policyTokenizer.hash());
  }

  @Override
  public double[] score(Rollout rollout) {
    List<TokenTree> trees = rollout.groups().stream().flatMap(this::trees).toList();
    double[] scores = new double[rollout.size()];
    int i = 0;
    for (float[] group : Scorer.score(model, trees, tokenBudget)) {
      for (float score : group) {
        scores[i++] = score;
      }
    }
    return scores;
  }

  /** A group as one tree, or each completion as one where the positions don't hold all of it. */
  private Stream<TokenTree> trees(RolloutGroup group) {
    int[] prompt = sameTokenizer ? group.promptIds() : rows.promptIds(promptText(group));
    List<int[]> completions = new ArrayList<>();
    for (Completion completion : group.completions()) {
      int[] ids =
          sameTokenizer
              ? completion.ids()
              : rows.completionIds(promptText(group), completion.text());
      completions.add(rows.ended(ids));
    }
    int longest = completions.stream().mapToInt(ids -> ids.length).max().orElseThrow();
    return prompt.length + longest <= rows.maxLength()
        ? Stream.of(new TokenTree(prompt, completions))
        : completions.stream().map(completion -> cut(prompt, completion));
  }

  /** Without the prompt's beginning, so that a score doesn't depend on the group's others. */
  private TokenTree cut(int[] prompt, int[] completion) {
    int room = rows.maxLength() - completion.length;
    if (room < 0) {
      throw new UserException(
          "the reward model reads %d tokens at most, a completion has %d; lower --max-new-tokens"
              .formatted(rows.maxLength(), completion.length));
    }
    int first = Math.max(0, prompt.length - room);
    return new TokenTree(Arrays.copyOfRange(prompt, first, prompt.length), List.of(completion));
  }

  private String promptText(RolloutGroup group) {
    return group.prompt() != null ? group.prompt() : policyTokenizer.decode(group.promptIds());
  }
}
