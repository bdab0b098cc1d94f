package org.rlhf4j.rollout.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.regex.Pattern;

/** How a kind of server is asked, and what to do where it doesn't do what it should. */
enum ServerDialect {
  /** vLLM's OpenAI-compatible API, with ids in its answers. */
  VLLM("/v1/load_lora_adapter", "/v1/unload_lora_adapter", "", "/v1/completions") {
    @Override
    ObjectNode request(
        String base, String model, int[] prompt, long seed, ServedSampling sampling) {
      return sampling.request(model, prompt, seed);
    }

    @Override
    JsonNode choice(JsonNode answer) {
      JsonNode choices = answer.path("choices");
      return choices.size() == 1 ? choices.get(0) : JsonNodeFactory.instance.missingNode();
    }

    @Override
    boolean hasForgotten(ServerAnswer answer) {
      return answer.status() == NOT_FOUND;
    }

    @Override
    String withoutLoading() {
      return "start it with --enable-lora and VLLM_ALLOW_RUNTIME_LORA_UPDATING=1 in its"
          + " environment";
    }

    @Override
    String withRank(int rank) {
      return "start it with --enable-lora --max-lora-rank " + rank;
    }

    @Override
    String withoutIds() {
      return "update it: it must know return_token_ids";
    }

    @Override
    String withoutLogprobs() {
      return "start it so that it gives logprobs (vLLM: --max-logprobs 1 or more)";
    }

    @Override
    String processed() {
      return "with --logprobs-mode processed_logprobs";
    }

    @Override
    String roomForAdapters() {
      return "with a larger --max-loras";
    }
  },

  /** SGLang's own API: its OpenAI-compatible one gives no ids. */
  SGLANG("/load_lora_adapter", "/unload_lora_adapter", "/update_weights_from_disk", "/generate") {
    @Override
    ObjectNode request(
        String base, String model, int[] prompt, long seed, ServedSampling sampling) {
      ObjectNode request = JsonNodeFactory.instance.objectNode();
      request.set("input_ids", ServedSampling.ids(prompt));
      request.set("sampling_params", sampling.parameters(seed));
      request.put("stream", false).put("return_logprob", true).put("logprob_start_len", -1);
      request.put("top_logprobs_num", 0).put("return_text_in_logprobs", false);
      if (!model.equals(base)) {
        request.put("lora_path", model); // of a loaded adapter it is the name
      }
      return request;
    }

    @Override
    JsonNode choice(JsonNode answer) {
      JsonNode meta = answer.path("meta_info");
      if (!meta.isObject()) {
        return JsonNodeFactory.instance.missingNode();
      }
      ObjectNode choice = JsonNodeFactory.instance.objectNode();
      choice.put("finish_reason", meta.path("finish_reason").path("type").asText());
      choice.put("weight_version", meta.path("weight_version").asText());
      // Pairs of each token that was drawn, also of a stop id that output_ids may leave out.
      if (meta.path("output_token_logprobs").isArray()) {
        ArrayNode ids = choice.putArray("token_ids");
        ArrayNode logprobs = choice.putObject("logprobs").putArray("token_logprobs");
        for (JsonNode pair : meta.path("output_token_logprobs")) {
          logprobs.add(pair.path(0));
          ids.add(pair.path(1));
        }
      }
      return choice;
    }

    @Override
    boolean hasForgotten(ServerAnswer answer) {
      return answer.status() == NOT_FOUND
          || (!answer.isGood() && NOT_LOADED.matcher(answer.text()).find());
    }

    @Override
    String withoutLoading() {
      return "start it with --enable-lora";
    }

    @Override
    String withRank(int rank) {
      return "start it with --enable-lora --max-lora-rank "
          + rank
          + " --lora-target-modules all --max-loras-per-batch 3";
    }

    @Override
    String withoutIds() {
      return "update it: /generate must know return_logprob";
    }

    @Override
    String withoutLogprobs() {
      return withoutIds();
    }

    @Override
    String processed() {
      return "without SGLANG_RETURN_ORIGINAL_LOGPROB in its environment";
    }

    @Override
    String roomForAdapters() {
      return "with a larger --max-loras-per-batch and --max-loaded-loras";
    }
  };

  private static final int NOT_FOUND = 404;
  private static final Pattern NOT_LOADED =
      Pattern.compile("(?i)(lora|adapter).*(not|n't) (been |yet )?(loaded|found|registered)");

  private final String loading;
  private final String unloading;
  private final String updating;
  private final String completions;

  ServerDialect(String loading, String unloading, String updating, String completions) {
    this.loading = loading;
    this.unloading = unloading;
    this.updating = updating;
    this.completions = completions;
  }

  /** That of a server by what it says of its base model: each names itself as the owner. */
  static ServerDialect of(JsonNode model) {
    return model.path("owned_by").asText().equals("sglang") ? SGLANG : VLLM;
  }

  /** Where an adapter is loaded. */
  final String loading() {
    return loading;
  }

  /** Where one is unloaded. */
  final String unloading() {
    return unloading;
  }

  /** Where all weights of a model are taken from a folder; empty if none are. */
  final String updating() {
    return updating;
  }

  /** Where completions are asked for. */
  final String completions() {
    return completions;
  }

  /**
   * The request for one completion.
   *
   * @param base the base model's name
   * @param model the base's name, or an adapter's
   * @param prompt its ids
   * @param seed of the draws
   * @param sampling how to draw
   */
  abstract ObjectNode request(
      String base, String model, int[] prompt, long seed, ServedSampling sampling);

  /** The completion in an answer, as vLLM writes it; a missing node where there isn't one. */
  abstract JsonNode choice(JsonNode answer);

  /** Whether an answer says that the server has no such adapter any more. */
  abstract boolean hasForgotten(ServerAnswer answer);

  /** How to start it where adapters can't be loaded. */
  abstract String withoutLoading();

  /** How to start it so that it takes adapters of a rank. */
  abstract String withRank(int rank);

  /** What to do where it gives no ids. */
  abstract String withoutIds();

  /** What to do where it gives no log-probabilities. */
  abstract String withoutLogprobs();

  /** How to start it so that log-probabilities are of the distribution that is drawn from. */
  abstract String processed();

  /** How to start it so that it keeps more adapters. */
  abstract String roomForAdapters();
}
