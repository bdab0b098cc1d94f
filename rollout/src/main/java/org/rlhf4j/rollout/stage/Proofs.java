package org.rlhf4j.rollout.stage;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.rlhf4j.data.batch.SpreadRows;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.LogprobPass;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;
import org.rlhf4j.rollout.RolloutScoring;
import org.rlhf4j.rollout.reward.Reward;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.settings.UserException;

/**
 * What must hold before the first update, checked on the first rollout: a failure stops the run,
 * since nothing that follows could be trusted. Each names the first token, or completion, that
 * differs, and what is likely to be the cause. In fp32 no log-probability may differ by more than
 * {@link Precision#tolerance}; in bf16, where a token alone and one amid its row are rounded
 * otherwise in every layer, not the mean of all.
 */
public final class Proofs {
  /** Completions that are scored once more, each by itself. */
  private static final int FEW = 8;

  private final Function<PackedTokens, float[]> logprobs;
  private final Precision precision;
  private final Rollout rollout;
  private final float[][] together;

  /**
   * Proofs of a rollout.
   *
   * @param logprobs the log-probability of each predicted token, as updates compute it
   * @param precision what they are computed in
   * @param rollout sampled, with the sampler's log-probabilities
   * @param tokenBudget tokens per forward pass
   */
  public Proofs(
      Function<PackedTokens, float[]> logprobs,
      Precision precision,
      Rollout rollout,
      int tokenBudget) {
    this.logprobs = logprobs;
    this.precision = precision;
    this.rollout = rollout;
    this.together = RolloutScoring.logprobs(logprobs, rollout, tokenBudget);
  }

  /**
   * Proofs of a policy's rollout: it is scored by the pass that updates go through.
   *
   * @param policy as it sampled
   * @param rollout its samples with their log-probabilities
   * @param temperature at which it sampled
   * @param tokenBudget tokens per forward pass
   * @return the proofs
   */
  public static Proofs of(
      LanguageModel policy, Rollout rollout, double temperature, int tokenBudget) {
    return new Proofs(
        tokens -> {
          try (LogprobPass pass = policy.forward(tokens, temperature, false)) {
            return pass.logprobs().toFloatArray();
          }
        },
        policy.precision(),
        rollout,
        tokenBudget);
  }

  /**
   * The policy rescores its own samples to a ratio of 1.
   *
   * @throws UserException naming the first token that differs
   */
  public void ratioIsOne() {
    ratioIsOne(precision);
  }

  /**
   * The policy rescores what a copy of it has sampled to a ratio of 1.
   *
   * @param sampled the copy's number format
   * @throws UserException naming the first token that differs
   */
  public void ratioIsOne(Precision sampled) {
    check(
        sampled == Precision.BF16 ? sampled : precision,
        "proof \"ratio 1\" failed: sampling and rescoring the same tokens differ",
        "dropout in the training pass, another temperature, or other weights than those that"
            + " sampled; otherwise please report the model",
        all(),
        i -> completion(i).sampledLogprobs(),
        i -> together[i]);
  }

  /**
   * Where the reference is a copy of the policy, the KL between them is 0.
   *
   * @throws UserException naming the first token that differs
   */
  public void klIsZero() {
    check(
        "proof \"KL 0\" failed: policy and reference differ before the first update",
        "the reference isn't a copy of the policy (if that is intended, give --reference-model)",
        all(),
        i -> completion(i).logprobs(),
        i -> completion(i).refLogprobs());
  }

  /**
   * A completion scored alone has the log-probabilities that it has among the others.
   *
   * @throws UserException naming the first token that differs
   */
  public void batchSplitIsNoMatter() {
    check(
        "proof \"batch split\" failed: a completion scored alone and among others differs",
        "positions or a mask that depend on the row of the batch, or a statistic over it; please"
            + " report the model",
        few(),
        i -> together[i],
        i -> scored(i, 0, 0));
  }

  /**
   * A completion scored with padding behind it, to the length of the longest, has the
   * log-probabilities that it has without.
   *
   * @param padId what it is padded with: the end-of-sequence id is the hardest case
   * @param positions the model's
   * @throws UserException naming the first token that differs
   */
  public void paddingIsNoMatter(int padId, int positions) {
    int longest = rollout.completions().stream().mapToInt(Completion::length).max().orElseThrow();
    check(
        "proof \"padding\" failed: a completion with padding behind it and without differs",
        "a mask made by comparing ids with the padding id, which is the end of sequence here (pad"
            + " = EOS), or a network that looks ahead; please report the model",
        few(),
        i -> together[i],
        i -> {
          int room = positions - prompt(i).length;
          int padding = Math.min(longest + 1, room) - completion(i).length();
          return scored(i, Math.max(0, padding), padId);
        });
  }

  /**
   * A reward model gives a completion alone the score that it gives it among others.
   *
   * @param reward a reward model's
   * @param tolerance how far rounding takes two scores apart, of the score where that is above 1
   * @throws UserException naming the first completion that differs
   */
  public void scoresAreEachOnesOwn(Reward reward, double tolerance) {
    double[] all = reward.score(rollout);
    for (int i : few()) {
      double alone = reward.score(alone(i))[0];
      if (!(Math.abs(alone - all[i]) <= tolerance * Math.max(1, Math.abs(all[i])))) {
        throw new UserException(
            String.format(
                Locale.ROOT,
                "proof \"reward alone\" failed: the reward model gives completion %d the score %.5f"
                    + " among others, but %.5f alone. Padding, or the place where the score is"
                    + " read, depends on the batch. Please report the model; --skip-proofs"
                    + " continues anyway",
                i,
                all[i],
                alone));
      }
    }
  }

  /** Some completions of all lengths, the shortest first: it takes the most padding. */
  private List<Integer> few() {
    return SpreadRows.of(
        IntStream.range(0, together.length)
            .boxed()
            .sorted(Comparator.comparingInt(i -> completion(i).length()))
            .toList(),
        FEW);
  }

  private List<Integer> all() {
    return IntStream.range(0, together.length).boxed().toList();
  }

  private int[] prompt(int i) {
    return rollout.groups().get(rollout.groupOf()[i]).promptIds();
  }

  private Completion completion(int i) {
    return rollout.completions().get(i);
  }

  private Rollout alone(int i) {
    RolloutGroup group = rollout.groups().get(rollout.groupOf()[i]);
    return new Rollout(List.of(group.with(List.of(completion(i)))));
  }

  /** The log-probabilities of a completion in a pass of its own, with padding behind it. */
  private float[] scored(int i, int padding, int padId) {
    int length = completion(i).length();
    int[] padded = Arrays.copyOf(completion(i).ids(), length + padding);
    Arrays.fill(padded, length, padded.length, padId);
    float[] scored = logprobs.apply(PackedTokens.of(List.of(TokenTree.of(prompt(i), padded))));
    return Arrays.copyOf(scored, length);
  }

  private void check(
      String what,
      String cause,
      List<Integer> completions,
      IntFunction<float[]> first,
      IntFunction<float[]> second) {
    check(precision, what, cause, completions, first, second);
  }

  private void check(
      Precision coarsest,
      String what,
      String cause,
      List<Integer> completions,
      IntFunction<float[]> first,
      IntFunction<float[]> second) {
    List<float[]> a = completions.stream().map(first::apply).toList();
    List<float[]> b = completions.stream().map(second::apply).toList();
    if (coarsest == Precision.BF16 && meanDifference(a, b) <= coarsest.tolerance()) {
      return;
    }
    for (int i = 0; i < a.size(); i++) {
      int token = firstDifference(a.get(i), b.get(i), coarsest.tolerance());
      if (token >= 0) {
        throw new UserException(
            String.format(
                Locale.ROOT,
                "%s at token %d of completion %d: log-probabilities %.6f and %.6f; likely cause:"
                    + " %s; --skip-proofs continues anyway",
                what,
                token,
                completions.get(i),
                a.get(i)[token],
                b.get(i)[token],
                cause));
      }
    }
  }

  /** The first token that differs by more than is tolerated, NaN among them; −1: none does. */
  private static int firstDifference(float[] a, float[] b, double tolerance) {
    for (int t = 0; t < a.length; t++) {
      if (!(Math.abs(a[t] - b[t]) <= tolerance)) {
        return t;
      }
    }
    return -1;
  }

  private static double meanDifference(List<float[]> a, List<float[]> b) {
    double sum = 0;
    int tokens = 0;
    for (int i = 0; i < a.size(); i++) {
      for (int t = 0; t < a.get(i).length; t++) {
        sum += Math.abs(a.get(i)[t] - b.get(i)[t]);
        tokens++;
      }
    }
    return sum / tokens;
  }
}
