package org.rlhf4j.rollout.reward;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.rlhf4j.data.row.Conversation;
import org.rlhf4j.data.token.RowTokenizer;
import org.rlhf4j.data.token.TokenizedPrompt;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.chat.ChatTemplate;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.reward.Scorer;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;
import org.rlhf4j.rollout.program.CompletedPrompt;
import org.rlhf4j.settings.UserException;

/**
 * A reward model's score r(prompt, completion), read at the completion's last token; EOS is
 * appended to a cut one. What the model reads is
 *
 * <ul>
 *   <li>the policy's ids, where it has the policy's tokenizer and, of a prompt that is messages,
 *       the policy's chat template;
 *   <li>else, of a prompt that is messages, these with the completion's text as the assistant's
 *       turn, written by its own chat template as in its training and evaluation;
 *   <li>else the text of prompt and completion.
 * </ul>
 */
public final class RewardModelReward implements Reward {
  private final ScalarModel model;
  private final Tokenizer policyTokenizer;
  private final RowTokenizer rows;
  private final boolean sameTokenizer;
  private final int tokenBudget;
  private Boolean sameTemplate; // once there are messages: without them a model needs none

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

  /** How far rounding may take two scores of the same completion apart. */
  public double tolerance() {
    return model.precision().scoreTolerance();
  }

  /**
   * {@inheritDoc}
   *
   * @throws UserException where a score is NaN or infinite, with the completion's prompt
   */
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
    requireFinite(scores, rollout);
    return scores;
  }

  /** Of a model, unlike of a program, NaN doesn't mean that it has nothing to say. */
  private void requireFinite(double[] scores, Rollout rollout) {
    int[] groupOf = rollout.groupOf();
    for (int i = 0; i < scores.length; i++) {
      if (!Double.isFinite(scores[i])) {
        throw new UserException(
            "the reward model gives %s for a completion of '%s'; its weights are damaged or overflow, so choose another"
                .formatted(
                    scores[i],
                    CompletedPrompt.shortened(promptText(rollout.groups().get(groupOf[i])))));
      }
    }
  }

  /**
   * Makes sure that the model reads a prompt, before completions of it are sampled.
   *
   * @param prompt messages or text
   * @throws UserException where it is messages, and the model has no chat template, or one that
   *     refuses them
   */
  public void requireReads(TokenizedPrompt prompt) {
    readAsMessages(prompt.row().conversation()).ifPresent(rows::requireTaken);
  }

  /** The conversation, where the model reads it by its own chat template. */
  private Optional<Conversation> readAsMessages(Optional<Conversation> conversation) {
    return conversation.filter(messages -> !sameTokenizer || !isSameTemplate());
  }

  private boolean isSameTemplate() {
    if (sameTemplate == null) {
      sameTemplate =
          ChatTemplate.of(model.tokenizer()).writesLike(ChatTemplate.of(policyTokenizer));
    }
    return sameTemplate;
  }

  /** A group as one tree, or each completion as one where the positions don't hold all of it. */
  Stream<TokenTree> trees(RolloutGroup group) {
    TokenTree read = read(group);
    int longest = read.completions().stream().mapToInt(ids -> ids.length).max().orElseThrow();
    return read.prompt().length + longest <= rows.maxLength()
        ? Stream.of(read)
        : read.completions().stream().map(completion -> cut(read.prompt(), completion));
  }

  private TokenTree read(RolloutGroup group) {
    List<Completion> completions = group.completions();
    Optional<Conversation> conversation = readAsMessages(group.conversation());
    if (conversation.isPresent()) {
      return rows.answered(conversation.get(), completions.stream().map(Completion::text).toList());
    }
    if (sameTokenizer) {
      return new TokenTree(
          group.promptIds(), completions.stream().map(one -> rows.ended(one.ids())).toList());
    }
    String prompt = promptText(group);
    return new TokenTree(
        rows.promptIds(prompt),
        completions.stream()
            .map(one -> rows.ended(rows.completionIds(prompt, one.text())))
            .toList());
  }

  /**
   * Without the prompt's beginning, except for a BOS, so that a score doesn't depend on the group's
   * others.
   */
  private TokenTree cut(int[] prompt, int[] completion) {
    int room = rows.maxLength() - completion.length;
    if (room < 0) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "the reward model reads at most %d tokens, but a completion has %d; lower"
                  + " --max-new-tokens",
              rows.maxLength(),
              completion.length));
    }
    return new TokenTree(rows.fitting(prompt, room), List.of(completion));
  }

  private String promptText(RolloutGroup group) {
    return group.prompt() != null ? group.prompt() : policyTokenizer.decode(group.promptIds());
  }
}
