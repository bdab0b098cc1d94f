package org.rlhf4j.rollout.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.rlhf4j.model.sampling.Sampled;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;

/** One server: its base model, the adapters that it was given, and completions by them. */
final class RolloutServer {
  private static final int MOST_BYTES = 1 << 20;
  private static final int NOT_FOUND = 404;
  private static final int LOOKS = 5;
  private static final int SHOWN_TOKENS = 64;
  private static final Pattern NOT_VISIBLE =
      Pattern.compile(
          "(?i)no adapter found|no such file|does not exist|doesn't exist|not found at|repo id"
              + " must");
  private static final Pattern ALREADY = Pattern.compile("(?i)already (been )?loaded");

  private final ServerAddress address;
  private final ServerConnection connection;
  private final Set<String> loaded = new LinkedHashSet<>();
  private String base;
  private Optional<String> version = Optional.empty(); // of its own weights
  private ServerDialect dialect = ServerDialect.VLLM; // until it says otherwise

  /**
   * A server; nothing is asked yet.
   *
   * @param address where it is
   * @param connection to it
   */
  RolloutServer(ServerAddress address, ServerConnection connection) {
    this.address = address;
    this.connection = connection;
  }

  ServerAddress address() {
    return address;
  }

  /** The base model's name there. */
  String base() {
    return base;
  }

  /** How it is asked. */
  ServerDialect dialect() {
    return dialect;
  }

  /**
   * Asks which model is served, and by what.
   *
   * @param maxLength tokens of prompt and completion that it must read
   */
  void meet(int maxLength) throws ServerFailure {
    ServerAnswer answer = connection.get("/v1/models", MOST_BYTES);
    JsonNode model = baseOf(answer).orElseThrow(() -> noModels(answer));
    base = model.path("id").asText();
    dialect = ServerDialect.of(model);
    int reads = model.path("max_model_len").asInt(maxLength);
    if (reads < maxLength) {
      throw new UsageException(
          "%s: it reads at most %s tokens; raise its --max-model-len, or lower --max-length, which is"
                  .formatted(address, reads)
              + " "
              + maxLength);
    }
  }

  /** The first model that has no parent: adapters have one. */
  private static Optional<JsonNode> baseOf(ServerAnswer answer) {
    try {
      if (answer.isGood()) {
        for (JsonNode model : answer.json().path("data")) {
          if (model.path("id").isTextual() && !model.path("parent").isTextual()) {
            return Optional.of(model);
          }
        }
      }
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
    return Optional.empty();
  }

  private UserException noModels(ServerAnswer answer) {
    return new UserException(
        "%s: /v1/models %s; name a server of vLLM or SGLang"
            .formatted(address, answer.isGood() ? "names no base model" : answer.words()));
  }

  /**
   * Makes sure that the server's tokenizer is the policy's, where it can be asked.
   *
   * @param text some text
   * @param ids the policy's tokens of it
   */
  void requireReads(String text, int[] ids) throws ServerFailure {
    ObjectNode request = JsonNodeFactory.instance.objectNode();
    request.put("model", base).put("prompt", text).put("add_special_tokens", false);
    ServerAnswer answer =
        connection.post("/tokenize", request, MOST_BYTES + SHOWN_TOKENS * ids.length);
    try {
      JsonNode tokens = answer.isGood() ? answer.json().path("tokens") : null;
      if (tokens != null && tokens.isArray() && !isSame(tokens, ids)) {
        throw new UserException(
            "%s: its tokenizer is different from the policy's; serve the policy's base model"
                .formatted(address));
      }
    } catch (JsonProcessingException e) {
      throw ServerFailure.lasting("/tokenize doesn't answer in JSON", e);
    }
  }

  private static boolean isSame(JsonNode tokens, int[] ids) {
    if (tokens.size() != ids.length) {
      return false;
    }
    for (int t = 0; t < ids.length; t++) {
      if (tokens.get(t).asInt(-1) != ids[t]) {
        return false;
      }
    }
    return true;
  }

  /**
   * Loads an adapter.
   *
   * @param name never used before
   * @param folder in peft's form
   * @param rank the adapter's, for advice
   * @throws UserException where the server refuses
   */
  void load(String name, Path folder, int rank) throws ServerFailure {
    ObjectNode request = JsonNodeFactory.instance.objectNode();
    request.put("lora_name", name).put("lora_path", folder.toString());
    String rankAdvice =
        dialect.withRank(Math.max(rank, 8)) + "; its model must be one that it can adapt";
    handOver(
        dialect.loading(),
        request,
        "the adapter isn't loaded",
        answer -> answer.status() == NOT_FOUND ? dialect.withoutLoading() : rankAdvice);
    loaded.add(name);
  }

  /**
   * Gives it all weights of a policy in place of those of its own model.
   *
   * @param name never used before
   * @param folder of a model like its own
   * @throws UserException where the server refuses
   */
  void update(String name, Path folder) throws ServerFailure {
    ObjectNode request = JsonNodeFactory.instance.objectNode();
    request.put("model_path", folder.toString()).put("weight_version", name);
    handOver(
        dialect.updating(),
        request,
        "it doesn't take the weights",
        answer -> "serve the policy's base model, or train an adapter (--lora-rank)");
    version = Optional.of(name);
  }

  /** Hands a folder over, which may take some time to be seen over a network. */
  private void handOver(
      String path, ObjectNode request, String refusal, Function<ServerAnswer, String> advice)
      throws ServerFailure {
    for (int look = 1; ; look++) {
      ServerAnswer answer = connection.post(path, request, MOST_BYTES);
      // A request that was made again may find what the first one did.
      if (answer.isGood() || ALREADY.matcher(answer.text()).find()) {
        return;
      }
      boolean unseen = NOT_VISIBLE.matcher(answer.text()).find();
      if (!unseen || look == LOOKS) {
        throw new UserException(
            "%s: %s (%s); %s"
                .formatted(
                    address,
                    refusal,
                    answer.words(),
                    unseen
                        ? "it must see the folder --rollout-adapters under the same path"
                        : advice.apply(answer)));
      }
      connection.pause(Duration.ofSeconds(look));
    }
  }

  /** Whether a server that was left out answers again. */
  boolean isBack() {
    try {
      return connection.getOnce("/v1/models", MOST_BYTES).isGood();
    } catch (ServerFailure e) {
      return false;
    }
  }

  /** Unloads what was loaded, but for some. What fails is left for the next time. */
  void unloadAllBut(Set<String> kept) {
    try {
      for (Iterator<String> names = loaded.iterator(); names.hasNext(); ) {
        String name = names.next();
        if (!kept.contains(name)) {
          ObjectNode request = JsonNodeFactory.instance.objectNode().put("lora_name", name);
          // A server that was started again doesn't know it, and says so.
          connection.postOnce(dialect.unloading(), request, MOST_BYTES);
          names.remove();
        }
      }
    } catch (ServerFailure e) {
      return; // a server that is gone is met when it is asked for a completion
    }
  }

  /** Takes all adapters back, where the server still answers. */
  void leave() {
    try {
      unloadAllBut(Set.of());
    } catch (UserException e) {
      loaded.clear(); // why the run ends is said already
    }
  }

  /**
   * Samples a completion.
   *
   * @param model the base's name, an adapter's, or that of the weights that it was given
   * @param prompt its ids
   * @param seed of the draws
   * @param sampling how to draw
   */
  Sampled complete(String model, int[] prompt, long seed, ServedSampling sampling)
      throws ServerFailure {
    Optional<String> weights = version.filter(model::equals);
    ServerAnswer answer =
        connection.post(
            dialect.completions(),
            dialect.request(base, weights.isPresent() ? base : model, prompt, seed, sampling),
            sampling.mostBytes(prompt));
    if (dialect.hasForgotten(answer)) {
      throw ServerFailure.lasting(
          "doesn't know the model '%s' any more (%s)".formatted(model, answer.words()), null);
    }
    if (!answer.isGood()) {
      throw new UserException(
          "%s: refuses a completion (%s); read its log".formatted(address, answer.words()));
    }
    return new CompletionAnswer(address, dialect, sampling).read(answer, prompt, weights);
  }
}
