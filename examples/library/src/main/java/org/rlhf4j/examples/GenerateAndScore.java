package org.rlhf4j.examples;

import java.nio.file.Path;
import java.util.List;
import org.rlhf4j.model.Generator;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.random.SampleKey;
import org.rlhf4j.model.sampling.GenerationRequest;
import org.rlhf4j.model.sampling.Sampled;
import org.rlhf4j.model.sampling.SamplingSettings;
import org.rlhf4j.reward.Manifest;

/** What the stages are for: a policy replies, a reward model says how good that is. */
public final class GenerateAndScore {

  private GenerateAndScore() {}

  /** Arguments: a policy, a reward model, a prompt. */
  public static void main(String[] args) {
    run(Path.of(args[0]), Path.of(args[1]), args[2]).forEach(System.out::println);
  }

  /** A reply with its score, and the log-probability of the whole of it. */
  record Reply(String text, float score, double logprob) {}

  // [generate-and-score
  static List<Reply> run(Path policyFolder, Path rewardModelFolder, String question) {
    try (LanguageModel policy = LanguageModel.load(policyFolder);
        ScalarModel rewardModel = Manifest.loadVerified(rewardModelFolder)) {
      int[] prompt = policy.tokenizer().encode(question);
      SampleKey one = new SampleKey(0, 0, 0, 0); // seed, step, prompt, sample: the random numbers
      SampleKey other = new SampleKey(0, 0, 0, 1);
      List<Sampled> samples =
          Generator.generate(
                  policy,
                  SamplingSettings.of(48, 1.0), // tokens at most, temperature
                  policy.tokenizer().stopIds(),
                  List.of(new GenerationRequest(prompt, List.of(one, other))),
                  64) // rows at once
              .get(0);
      List<int[]> completions = samples.stream().map(Sampled::ids).toList();
      PackedTokens tokens = PackedTokens.of(List.of(new TokenTree(prompt, completions)));
      float[] scores = rewardModel.scores(tokens); // one a completion
      float[] logprobs = policy.logprobs(tokens, 1.0).logprobs(); // one a token of the completions
      return List.of(
          reply(policy, completions.get(0), scores[0], logprobs, tokens.start(0)),
          reply(policy, completions.get(1), scores[1], logprobs, tokens.start(1)));
    }
  }

  private static Reply reply(
      LanguageModel policy, int[] completion, float score, float[] logprobs, int start) {
    double sum = 0;
    for (int t = start; t < start + completion.length; t++) {
      sum += logprobs[t];
    }
    return new Reply(policy.tokenizer().decodeContinuation(completion), score, sum);
  }
  // generate-and-score]
}
