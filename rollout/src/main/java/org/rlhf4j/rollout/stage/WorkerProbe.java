package org.rlhf4j.rollout.stage;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.rlhf4j.data.token.TokenizedPrompt;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;
import org.rlhf4j.rollout.reward.RewardModelReward;
import org.rlhf4j.settings.UserException;

/**
 * What a process computes from the models of a run before anything is trained. Two processes with
 * the same models, rows and kind of processor compute the same, bit for bit.
 *
 * @param tokenizer the hash of the policy's tokenizer
 * @param prompts the hash of all prompts: ids, and what reward programs compare with
 * @param numbers for each of a few prompts the log-probability of EOS behind it, by policy and
 *     reference, then its score by each reward model
 */
public record WorkerProbe(String tokenizer, String prompts, List<Double> numbers)
    implements Serializable {
  private static final int FEW = 3;

  static WorkerProbe of(
      PolicyModels models, List<TokenizedPrompt> prompts, List<RewardModelReward> judges) {
    LanguageModel policy = models.policy();
    int[] end = {policy.tokenizer().eosId()};
    List<TokenizedPrompt> few = prompts.subList(0, Math.min(FEW, prompts.size()));
    PackedTokens tokens =
        PackedTokens.of(few.stream().map(one -> TokenTree.of(one.ids(), end)).toList());
    List<Double> numbers = new ArrayList<>();
    for (LanguageModel model : List.of(policy, models.reference())) {
      for (float logprob : model.logprobs(tokens, 1).logprobs()) {
        numbers.add((double) logprob);
      }
    }
    Completion ended = new Completion(end, true, "", Double.NaN, null, null, null);
    Rollout rollout =
        new Rollout(few.stream().map(one -> RolloutGroup.of(0, one, List.of(ended))).toList());
    for (RewardModelReward judge : judges) {
      for (double score : judge.score(rollout)) {
        numbers.add(score);
      }
    }
    return new WorkerProbe(policy.tokenizer().hash(), hash(prompts), List.copyOf(numbers));
  }

  private static String hash(List<TokenizedPrompt> prompts) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (TokenizedPrompt prompt : prompts) {
        ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES * (prompt.ids().length + 1));
        bytes.asIntBuffer().put(prompt.ids().length).put(prompt.ids());
        digest.update(bytes);
        // What reward programs compare with: scores depend on it, and ids don't show it.
        String judgedBy = prompt.row().answer().orElse("") + "\n" + prompt.row().fields();
        digest.update(judgedBy.getBytes(StandardCharsets.UTF_8));
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }

  /**
   * Makes sure that another process computes the same.
   *
   * @param other what it computes
   * @throws UserException naming what differs
   */
  void requireSame(WorkerProbe other) {
    if (!tokenizer.equals(other.tokenizer)) {
      throw new UserException(
          "its tokenizer is another than the trainer's; give it the same model");
    }
    if (!prompts.equals(other.prompts)) {
      throw new UserException("its rows are others than the trainer's; give it the same --data");
    }
    if (!numbers.equals(other.numbers)) {
      throw new UserException(
          "its models compute other numbers than the trainer's (%s and %s): the models are others,"
                  .formatted(other.firstOtherThan(this), firstOtherThan(other))
              + " or the processor is of another kind; give it the same --model, --reference-model"
              + " and --reward-model, and use machines of one kind");
    }
  }

  private String firstOtherThan(WorkerProbe other) {
    for (int i = 0; i < Math.min(numbers.size(), other.numbers.size()); i++) {
      if (!numbers.get(i).equals(other.numbers.get(i))) {
        return numbers.get(i).toString();
      }
    }
    return numbers.size() + " numbers";
  }
}
