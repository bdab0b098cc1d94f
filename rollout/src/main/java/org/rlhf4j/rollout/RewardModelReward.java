package org.rlhf4j.rollout;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.rlhf4j.data.RowTokenizer;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.Tokenizer;
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
    List<TokenTree> trees = rollout.groups().stream().map(this::tree).toList();
    double[] scores = new double[rollout.size()];
    int i = 0;
    for (float[] group : Scorer.score(model, trees, tokenBudget)) {
      for (float score : group) {
        scores[i++] = score;
      }
    }
    return scores;
  }

  private TokenTree tree(RolloutGroup group) {
    int[] prompt = sameTokenizer ? group.promptIds() : rows.promptIds(promptText(group));
    List<int[]> completions = new ArrayList<>();
    for (Completion completion : group.completions()) {
      int[] ids =
          sameTokenizer
              ? completion.ids()
              : rows.completionIds(promptText(group), completion.text());
      completions.add(rows.ended(ids));
    }
    return fitting(prompt, completions);
  }

  /** The tree with the prompt's beginning cut where the reward model's positions don't hold it. */
  private TokenTree fitting(int[] prompt, List<int[]> completions) {
    int longest = completions.stream().mapToInt(ids -> ids.length).max().orElseThrow();
    int room = Math.max(0, model.config().dimensions().positions() - longest);
    int[] cut = Arrays.copyOfRange(prompt, Math.max(0, prompt.length - room), prompt.length);
    return new TokenTree(cut, completions);
  }

  private String promptText(RolloutGroup group) {
    return group.prompt() != null ? group.prompt() : policyTokenizer.decode(group.promptIds());
  }
}
