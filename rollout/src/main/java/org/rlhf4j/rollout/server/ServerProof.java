package org.rlhf4j.rollout.server;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.sampling.Sampled;
import org.rlhf4j.settings.UserException;

/**
 * That a server computes what is computed here: it samples a few short completions, and the
 * log-probabilities that it gives their tokens are those of the model that it should have, within
 * {@value #TOLERANCE} nats on average.
 */
final class ServerProof {
  /** Twice what is warned of over a rollout: these are few tokens. */
  static final double TOLERANCE = 0.1;

  private static final int PROMPTS = 4;
  private static final int TOKENS = 16;

  private final List<int[]> prompts;
  private final ServedSampling sampling;

  /**
   * A proof.
   *
   * @param prompts of the run, at least one
   * @param sampling as the run samples
   */
  ServerProof(List<int[]> prompts, ServedSampling sampling) {
    this.prompts = prompts.subList(0, Math.min(PROMPTS, prompts.size()));
    this.sampling = sampling.atMost(TOKENS);
  }

  /** The few prompts that it is made with. */
  List<int[]> prompts() {
    return prompts;
  }

  /**
   * What a server sampled for a proof.
   *
   * @param trees prompts and completions
   * @param logprobs the server's, of all tokens
   */
  record Probe(List<TokenTree> trees, float[] logprobs) {

    /** The mean difference from a model's log-probabilities, in nats. */
    double distance(LanguageModel model, double temperature) {
      float[] own = model.logprobs(PackedTokens.of(trees), temperature).logprobs();
      double sum = 0;
      for (int t = 0; t < own.length; t++) {
        sum += Math.abs(own[t] - logprobs[t]);
      }
      return sum / own.length;
    }
  }

  /** Samples by a model of a server. */
  Probe probe(RolloutServer server, String model) throws ServerFailure {
    List<TokenTree> trees = new ArrayList<>();
    List<Sampled> all = new ArrayList<>();
    for (int[] prompt : prompts) {
      Sampled sampled = server.complete(model, prompt, trees.size() + 1L, sampling);
      all.add(sampled);
      trees.add(TokenTree.of(prompt, sampled.ids()));
    }
    float[] logprobs = new float[all.stream().mapToInt(one -> one.ids().length).sum()];
    int next = 0;
    for (Sampled one : all) {
      System.arraycopy(one.logprobs(), 0, logprobs, next, one.ids().length);
      next += one.ids().length;
    }
    return new Probe(trees, logprobs);
  }

  /**
   * The server computes with what it has before the trial.
   *
   * @param name the base's there, or that of the weights that it was given
   * @param start the policy without its adapter, or all of its weights
   * @return the mean difference in nats
   */
  double startIsOurs(RolloutServer server, String name, LanguageModel start) throws ServerFailure {
    Probe probe = probe(server, name);
    double distance = probe.distance(start, sampling.temperature());
    if (distance <= TOLERANCE) {
      return distance;
    }
    if (sampling.temperature() != 1 && probe.distance(start, 1) <= TOLERANCE) {
      throw failed(
          server,
          distance,
          "it gives raw log-probabilities, before the temperature",
          "start it " + server.dialect().processed());
    }
    throw failed(
        server,
        distance,
        "its model '%s' isn't the policy's base, or it doesn't draw from the whole distribution"
            .formatted(ServerAnswer.line(server.base())),
        "serve the base model, " + server.dialect().processed());
  }

  /**
   * The server computes with a policy that is changed much.
   *
   * @param name of its adapter or weights there
   * @param trial the changed policy
   * @param start the policy before
   * @return whether the difference between the two was large enough to tell
   */
  boolean trialIsApplied(
      RolloutServer server, String name, LanguageModel trial, LanguageModel start)
      throws ServerFailure {
    Probe probe = probe(server, name);
    double toTrial = probe.distance(trial, sampling.temperature());
    double toStart = probe.distance(start, sampling.temperature());
    boolean adapted = trial.isAdapted();
    if (toStart <= TOLERANCE && toTrial > TOLERANCE) {
      throw failed(
          server,
          toTrial,
          adapted
              ? "it takes the adapter and ignores it: its numbers are the base model's"
              : "it takes all weights and ignores them: its numbers are those of before",
          adapted ? "update it, or use a model whose adapters it applies" : "update it");
    }
    if (toTrial > TOLERANCE) {
      throw failed(
          server,
          toTrial,
          adapted
              ? "it applies the adapter otherwise: to other matrices, or with another scale"
              : "it takes only a part of the weights",
          adapted ? "update it, or adapt modules that it supports (--lora-targets)" : "update it");
    }
    return toStart > 2 * TOLERANCE;
  }

  /**
   * The server computes with the policy as it stands.
   *
   * @param name of its adapter or weights there
   * @param policy the policy
   */
  void policyIsOurs(RolloutServer server, String name, LanguageModel policy) throws ServerFailure {
    double distance = probe(server, name).distance(policy, sampling.temperature());
    if (!(distance <= TOLERANCE)) {
      throw failed(
          server,
          distance,
          "it doesn't compute with the %s '%s' that it was given last"
              .formatted(policy.isAdapted() ? "adapter" : "weights", name),
          policy.isAdapted()
              ? "start it again %s, and continue with --resume"
                  .formatted(server.dialect().roomForAdapters())
              : "start it again, and continue with --resume");
    }
  }

  private static UserException failed(
      RolloutServer server, double distance, String cause, String advice) {
    return new UserException(
        String.format(
            Locale.ROOT,
            "%s: proof \"same policy\" failed: its log-probabilities are %.3g nats per token from"
                + " those computed here: %s; %s; --skip-proofs continues anyway",
            server.address(),
            distance,
            cause,
            advice));
  }
}
