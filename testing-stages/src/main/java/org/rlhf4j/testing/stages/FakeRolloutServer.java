package org.rlhf4j.testing.stages;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.rlhf4j.model.Generator;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.random.SampleKey;
import org.rlhf4j.model.sampling.GenerationRequest;
import org.rlhf4j.model.sampling.Sampled;
import org.rlhf4j.model.sampling.SamplingListener;
import org.rlhf4j.model.sampling.SamplingSettings;

/**
 * A server on the loopback with the part of vLLM's API, or of SGLang's own, that rollouts need: it
 * really loads base and adapters and samples from them, unless a test makes it answer otherwise.
 */
public final class FakeRolloutServer implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String BASE = "base";

  private final Map<String, LanguageModel> models = new HashMap<>();
  private final List<String> adapters = new CopyOnWriteArrayList<>();
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private volatile Function<Request, Optional<Reply>> otherwise = request -> Optional.empty();
  private volatile UnaryOperator<ObjectNode> change = choice -> choice;
  private volatile boolean ignoresAdapters;
  private volatile boolean ignoresWeights;
  private volatile String weights = "default";
  private final boolean isSglang;

  /**
   * What was asked.
   *
   * @param path behind the address
   * @param body JSON; a missing node where there was none
   */
  public record Request(String path, JsonNode body) {}

  /**
   * What is answered.
   *
   * @param status of HTTP; 0 breaks the connection off
   * @param body as it is
   */
  public record Reply(int status, String body) {
    /** A connection that is broken off. */
    public static final Reply BROKEN = new Reply(0, "");

    /** An error as vLLM writes it. */
    public static Optional<Reply> error(int status, String message) {
      return Optional.of(
          new Reply(
              status, "{\"error\": {\"message\": \"" + message + "\", \"code\": " + status + "}}"));
    }
  }

  /**
   * Starts a server.
   *
   * @param base a model's folder
   */
  public FakeRolloutServer(Path base) throws IOException {
    this(base, false);
  }

  /** One that speaks as SGLang does. */
  public static FakeRolloutServer sglang(Path base) throws IOException {
    return new FakeRolloutServer(base, true);
  }

  private FakeRolloutServer(Path base, boolean isSglang) throws IOException {
    this.isSglang = isSglang;
    models.put(BASE, LanguageModel.load(base));
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  /** Where it is. */
  public String address() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** The adapters in the order in which they were loaded, {@code +name}, and unloaded. */
  public List<String> adapters() {
    return List.copyOf(adapters);
  }

  /** All requests to a path. */
  public List<JsonNode> requests(String path) {
    return requests.stream().filter(one -> one.path().equals(path)).map(Request::body).toList();
  }

  /** Answers some requests otherwise; empty for those that it answers as it should. */
  public void answers(Function<Request, Optional<Reply>> some) {
    otherwise = some;
  }

  /** Changes the choice of each completion that it answers with. */
  public void changes(UnaryOperator<ObjectNode> choice) {
    change = choice;
  }

  /** Samples from the base from now on, whatever adapter is asked for. */
  public void ignoreAdapters() {
    ignoresAdapters = true;
  }

  /** Keeps the weights that it has from now on, whatever it is given. */
  public void ignoreWeights() {
    ignoresWeights = true;
  }

  /** Has the weights of a model as if it had been started again with it. */
  public synchronized void restart(Path base) {
    models.put(BASE, LanguageModel.load(base)).close();
    weights = "default";
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      JsonNode json = body.length == 0 ? JSON.missingNode() : JSON.readTree(body);
      Request request = new Request(exchange.getRequestURI().getPath(), json);
      requests.add(request);
      Reply reply = otherwise.apply(request).orElseGet(() -> reply(request));
      if (reply.status() != 0) {
        byte[] text = reply.body().getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(reply.status(), text.length == 0 ? -1 : text.length);
        exchange.getResponseBody().write(text);
      }
    }
  }

  /** One at a time: the numbers are what matters. */
  private synchronized Reply reply(Request request) {
    JsonNode body = request.body();
    return isSglang ? ofSglang(request.path(), body) : ofVllm(request.path(), body);
  }

  private Reply ofSglang(String path, JsonNode body) {
    return switch (path) {
      case "/v1/models" -> new Reply(200, models());
      case "/tokenize" -> tokenized(body);
      case "/load_lora_adapter" -> update(load(body));
      case "/unload_lora_adapter" -> update(unload(body.path("lora_name").asText()));
      case "/update_weights_from_disk" -> updated(body);
      case "/generate" -> generated(body);
      default -> new Reply(404, "{\"detail\": \"Not Found\"}");
    };
  }

  /** What it says of a change of its adapters. */
  private static Reply update(Reply ofVllm) {
    boolean isDone = ofVllm.status() == 200;
    ObjectNode answer = JSON.createObjectNode().put("success", isDone);
    answer.put("error_message", isDone ? null : ofVllm.body());
    return new Reply(isDone ? 200 : 400, answer.toString());
  }

  private Reply updated(JsonNode body) {
    Path folder = Path.of(body.path("model_path").asText());
    if (!Files.isDirectory(folder)) {
      return new Reply(400, "{\"success\": false, \"message\": \"No such file or directory\"}");
    }
    if (!ignoresWeights) {
      models.put(BASE, LanguageModel.load(folder)).close();
    }
    weights = body.path("weight_version").asText();
    return new Reply(
        200, "{\"success\": true, \"message\": \"Succeeded to update model weights.\"}");
  }

  private Reply generated(JsonNode body) {
    String name = body.path("lora_path").asText(BASE);
    if (!models.containsKey(name)) {
      String message = "Got LoRA adapter that has not been loaded: " + name;
      return Reply.error(400, message).orElseThrow();
    }
    JsonNode given = body.path("sampling_params");
    ObjectNode asVllm = JSON.createObjectNode().put("model", name);
    asVllm.set("prompt", body.path("input_ids"));
    asVllm.set("max_tokens", given.path("max_new_tokens"));
    asVllm.set("temperature", given.path("temperature"));
    asVllm.set("seed", given.path("sampling_seed"));
    boolean stops = !given.path("ignore_eos").asBoolean(); // its stop ids, too
    asVllm.set("stop_token_ids", stops ? given.path("stop_token_ids") : JSON.createArrayNode());
    Sampled sampled = sample(models.get(ignoresAdapters ? BASE : name), asVllm);
    ObjectNode answer = JSON.createObjectNode().put("text", "");
    ArrayNode ids = answer.putArray("output_ids");
    ObjectNode meta = answer.putObject("meta_info");
    meta.putObject("finish_reason").put("type", sampled.ended() ? "stop" : "length");
    meta.put("weight_version", weights);
    ArrayNode pairs = meta.putArray("output_token_logprobs");
    for (int t = 0; t < sampled.ids().length; t++) {
      ids.add(sampled.ids()[t]);
      pairs.addArray().add(sampled.logprobs()[t]).add(sampled.ids()[t]).addNull();
    }
    return new Reply(200, change.apply(answer).toString());
  }

  private Reply ofVllm(String path, JsonNode body) {
    return switch (path) {
      case "/v1/models" -> new Reply(200, models());
      case "/tokenize" -> tokenized(body);
      case "/v1/load_lora_adapter" -> load(body);
      case "/v1/unload_lora_adapter" -> unload(body.path("lora_name").asText());
      case "/v1/completions" -> completed(body);
      default -> new Reply(404, "{\"detail\": \"Not Found\"}");
    };
  }

  private String models() {
    int positions = models.get(BASE).config().dimensions().positions();
    ObjectNode answer = JSON.createObjectNode();
    ObjectNode base = answer.putArray("data").addObject().put("id", BASE).putNull("parent");
    base.put("max_model_len", positions).put("owned_by", isSglang ? "sglang" : "vllm");
    return answer.toString();
  }

  private Reply tokenized(JsonNode body) {
    ObjectNode answer = JSON.createObjectNode();
    ArrayNode tokens = answer.putArray("tokens");
    for (int id : models.get(BASE).tokenizer().encodeRaw(body.path("prompt").asText())) {
      tokens.add(id);
    }
    return new Reply(200, answer.toString());
  }

  private Reply load(JsonNode body) {
    String name = body.path("lora_name").asText();
    Path folder = Path.of(body.path("lora_path").asText());
    if (!Files.isDirectory(folder)) {
      return Reply.error(404, "No adapter found for " + folder).orElseThrow();
    }
    models.put(name, LanguageModel.load(folder));
    adapters.add("+" + name);
    return new Reply(200, "Success: LoRA adapter '" + name + "' added successfully.");
  }

  private Reply unload(String name) {
    LanguageModel model = models.remove(name);
    if (model == null) {
      return Reply.error(404, "The lora adapter '" + name + "' cannot be found.").orElseThrow();
    }
    model.close();
    adapters.add("-" + name);
    return new Reply(200, "Success: LoRA adapter '" + name + "' removed successfully.");
  }

  private Reply completed(JsonNode body) {
    LanguageModel model = models.get(body.path("model").asText());
    if (model == null) {
      String name = body.path("model").asText();
      return Reply.error(404, "The model `" + name + "` does not exist.").orElseThrow();
    }
    Sampled sampled = sample(ignoresAdapters ? models.get(BASE) : model, body);
    ObjectNode choice = JSON.createObjectNode();
    choice.put("index", 0).put("finish_reason", sampled.ended() ? "stop" : "length");
    ArrayNode ids = choice.putArray("token_ids");
    ArrayNode logprobs = choice.putObject("logprobs").putArray("token_logprobs");
    for (int t = 0; t < sampled.ids().length; t++) {
      ids.add(sampled.ids()[t]);
      logprobs.add(sampled.logprobs()[t]);
    }
    choice.set("prompt_token_ids", body.path("prompt"));
    ObjectNode answer = JSON.createObjectNode().put("object", "text_completion");
    answer.putArray("choices").add(change.apply(choice));
    return new Reply(200, answer.toString());
  }

  private static Sampled sample(LanguageModel model, JsonNode body) {
    SamplingSettings settings =
        SamplingSettings.of(body.path("max_tokens").asInt(), body.path("temperature").asDouble());
    SampleKey key = new SampleKey(body.path("seed").asLong(), 0, 0, 0);
    Sampled[] made = new Sampled[1];
    SamplingListener listener =
        new SamplingListener() {
          @Override
          public void finished(int request, int number, Sampled sampled) {
            made[0] = sampled;
          }
        };
    GenerationRequest request = new GenerationRequest(ids(body.path("prompt")), List.of(key));
    int[] stops = ids(body.path("stop_token_ids"));
    Generator.generate(model, settings, stops, listener, List.of(request), 1);
    return made[0];
  }

  /** Token ids of a request or an answer. */
  public static int[] ids(JsonNode array) {
    try {
      return JSON.treeToValue(array, int[].class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Breaks all connections off, and answers no more. */
  @Override
  public synchronized void close() {
    server.stop(0);
    threads.shutdownNow();
    models.values().forEach(LanguageModel::close);
    models.clear();
  }
}
