package org.rlhf4j.rollout.stage;

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
import org.rlhf4j.training.slice.Probe;

/** What a process computes from the models of a run of ppo or grpo before anything is trained. */
final class RunProbe {
  private static final int FEW = 3;

  private RunProbe() {}

  /**
   * For each of a few prompts the log-probability of EOS behind it, by policy and reference, then
   * its score by each reward model.
   */
  static Probe of(
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
    return new Probe(List.of(policy.tokenizer().hash()), hash(prompts), numbers);
  }

  /** Of all prompts: ids, and what reward programs compare with. */
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
}
