package org.rlhf4j.rollout.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.Optional;
import org.rlhf4j.model.sampling.Sampled;
import org.rlhf4j.settings.UserException;

/**
 * Reads a server's answer to {@link ServerDialect#request}. Nothing in it is believed: what isn't a
 * completion of that prompt with its log-probabilities is refused by name.
 *
 * @param address the server's, for messages
 * @param dialect of the server
 * @param sampling what was asked for
 */
record CompletionAnswer(ServerAddress address, ServerDialect dialect, ServedSampling sampling) {

  /** vLLM's number for the logarithm of 0; no token that was drawn has it. */
  private static final double NONE = -9999;

  /** What rounding may leave above 0. */
  private static final double ABOVE = 1e-3;

  /**
   * The completion.
   *
   * @param answer to the request
   * @param prompt that was asked about
   * @param weights the version of all weights that the server should have; empty for an adapter
   * @throws ServerFailure where the server gave up
   * @throws UserException where it doesn't do what was asked for
   */
  Sampled read(ServerAnswer answer, int[] prompt, Optional<String> weights) throws ServerFailure {
    JsonNode choice = dialect.choice(json(answer));
    if (choice.isMissingNode()) {
      throw wrong("doesn't answer with one completion", API);
    }
    String reason = choice.path("finish_reason").asText("");
    if (!reason.equals("stop") && !reason.equals("length")) {
      throw ServerFailure.lasting(
          "gave a completion up (finish_reason '%s')".formatted(ServerAnswer.line(reason)), null);
    }
    requireWeights(choice.path("weight_version").asText(), weights);
    requirePrompt(choice, prompt);
    int[] ids = ids(choice.path("token_ids"));
    boolean ended = requireEnd(ids, reason);
    return new Sampled(ids, logprobs(choice.path("logprobs").path("token_logprobs"), ids), ended);
  }

  private static final String API = "name a server of vLLM or SGLang";

  private JsonNode json(ServerAnswer answer) {
    try {
      return answer.json();
    } catch (JsonProcessingException e) {
      throw new UserException(address + ": doesn't answer in JSON; " + API, e);
    }
  }

  /** A server that was started again has those of its own model; an old one doesn't say which. */
  private static void requireWeights(String has, Optional<String> weights) throws ServerFailure {
    if (weights.isPresent() && !has.isEmpty() && !has.equals(weights.get())) {
      throw ServerFailure.lasting(
          "has the weights '%s' and not '%s' that it was given last"
              .formatted(ServerAnswer.line(has), weights.get()),
          null);
    }
  }

  private void requirePrompt(JsonNode choice, int[] prompt) {
    JsonNode read = choice.path("prompt_token_ids");
    if (read.isArray() && !Arrays.equals(ids(read), prompt)) {
      throw wrong(
          "read %s other prompt tokens than the %s that it was sent"
              .formatted(read.size(), prompt.length),
          "serve the policy's base model with its own tokenizer and no added tokens");
    }
  }

  private int[] ids(JsonNode given) {
    if (!given.isArray() || given.isEmpty()) {
      throw wrong("answers without token_ids", dialect.withoutIds());
    }
    int[] ids = new int[given.size()];
    for (int t = 0; t < ids.length; t++) {
      JsonNode id = given.get(t);
      if (!id.isIntegralNumber() || !id.canConvertToInt() || !isKnown(id.intValue())) {
        throw wrong(
            "token %s is %s, but the policy's vocabulary has %s ids"
                .formatted(t, ServerAnswer.line(id.toString()), sampling.vocabulary()),
            "serve the policy's base model");
      }
      ids[t] = id.intValue();
    }
    return ids;
  }

  private boolean isKnown(int id) {
    return id >= 0 && id < sampling.vocabulary();
  }

  /** Whether the completion ended by itself. */
  private boolean requireEnd(int[] ids, String reason) {
    int most = sampling.maxNewTokens();
    if (ids.length > most) {
      throw wrong("gave %s tokens, but at most %s were asked for".formatted(ids.length, most), API);
    }
    for (int t = 0; t + 1 < ids.length; t++) {
      if (sampling.stopsAt(ids[t])) {
        throw wrong(
            "went on behind token %s, which is the stop id %s".formatted(t, ids[t]),
            "update it: it must know stop_token_ids");
      }
    }
    int last = ids[ids.length - 1];
    boolean ended = sampling.stopsAt(last);
    if (!ended && reason.equals("stop")) {
      throw wrong(
          "stopped at id %s, which is no stop id of the policy".formatted(last),
          "start it without stop words and end-of-sequence ids of its own");
    }
    if (!ended && ids.length < most) {
      throw wrong(
          "cut a completion after %s of %s tokens".formatted(ids.length, most),
          "raise its --max-model-len, or lower --max-length or --max-new-tokens");
    }
    return ended;
  }

  private float[] logprobs(JsonNode given, int[] ids) {
    if (!given.isArray() || given.size() != ids.length) {
      throw wrong(
          given.isArray()
              ? "gave %s log-probabilities for %s tokens".formatted(given.size(), ids.length)
              : "answers without log-probabilities",
          dialect.withoutLogprobs());
    }
    float[] logprobs = new float[ids.length];
    for (int t = 0; t < logprobs.length; t++) {
      JsonNode one = given.get(t);
      double value = one.asDouble(Double.NaN);
      if (!one.isNumber() || !(value > NONE && value <= ABOVE)) {
        throw wrong(
            "the log-probability of token %s is %s, not a finite number of at most 0"
                .formatted(t, ServerAnswer.line(one.toString())),
            "if the base model gives finite numbers, lower --learning-rate");
      }
      logprobs[t] = (float) Math.min(0, value);
    }
    return logprobs;
  }

  private UserException wrong(String what, String advice) {
    return new UserException(address + ": " + what + "; " + advice);
  }
}
