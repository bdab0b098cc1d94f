package org.rlhf4j.rollout.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * How a server draws a completion: from the whole distribution, whatever it does by default.
 *
 * @param maxNewTokens the most tokens, the stop id included
 * @param temperature what logits are divided by
 * @param stopIds end a completion
 * @param vocabulary ids are below it
 */
record ServedSampling(int maxNewTokens, double temperature, int[] stopIds, int vocabulary) {
  private static final int BYTES_OF_ANSWER = 1 << 16;
  private static final int BYTES_OF_TOKEN = 512;

  /** The same for a shorter completion. */
  ServedSampling atMost(int tokens) {
    return new ServedSampling(Math.min(tokens, maxNewTokens), temperature, stopIds, vocabulary);
  }

  boolean stopsAt(int id) {
    for (int stop : stopIds) {
      if (stop == id) {
        return true;
      }
    }
    return false;
  }

  /** More than an honest answer has: ids, numbers and texts of prompt and completion. */
  int mostBytes(int[] prompt) {
    long tokens = (long) prompt.length + maxNewTokens;
    return (int) Math.min(Integer.MAX_VALUE, BYTES_OF_ANSWER + tokens * BYTES_OF_TOKEN);
  }

  /**
   * The request for one completion. What a model's generation_config.json or the server would set
   * otherwise is written out.
   *
   * @param model a model's name on the server
   * @param prompt its ids
   * @param seed of the draws
   */
  ObjectNode request(String model, int[] prompt, long seed) {
    ObjectNode request = JsonNodeFactory.instance.objectNode();
    request.put("model", model).set("prompt", ids(prompt));
    request.put("n", 1).put("seed", seed).put("stream", false).put("echo", false);
    request.put("max_tokens", maxNewTokens).put("temperature", temperature);
    request.put("top_p", 1.0).put("top_k", -1).put("min_p", 0.0);
    request.put("repetition_penalty", 1.0).put("presence_penalty", 0.0);
    request.put("frequency_penalty", 0.0).put("min_tokens", 0);
    // Other ends of sequence than the policy's own would be read from the server's model.
    request.put("ignore_eos", true).set("stop_token_ids", ids(stopIds));
    return request.put("logprobs", 0).put("return_token_ids", true);
  }

  /** The same for SGLang's own API, where {@code ignore_eos} would switch stop ids off, too. */
  ObjectNode parameters(long seed) {
    ObjectNode parameters = JsonNodeFactory.instance.objectNode();
    parameters.put("n", 1).put("sampling_seed", seed & Integer.MAX_VALUE);
    parameters.put("max_new_tokens", maxNewTokens).put("min_new_tokens", 0);
    parameters.put("temperature", temperature).put("top_p", 1.0).put("top_k", -1);
    parameters.put("min_p", 0.0).put("repetition_penalty", 1.0).put("presence_penalty", 0.0);
    parameters.put("frequency_penalty", 0.0).put("ignore_eos", false);
    parameters.set("stop_token_ids", ids(stopIds));
    return parameters;
  }

  /** Ids as JSON. */
  static ArrayNode ids(int[] ids) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode(ids.length);
    for (int id : ids) {
      array.add(id);
    }
    return array;
  }
}
