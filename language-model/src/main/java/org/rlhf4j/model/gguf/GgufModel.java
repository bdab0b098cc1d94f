package org.rlhf4j.model.gguf;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.rlhf4j.model.family.Dimensions;

/**
 * A model in a GGUF file: its weights, and the files that a folder of transformers would have,
 * rebuilt from the file alone.
 */
public final class GgufModel {
  static final String CHAT_TEMPLATE = "tokenizer.chat_template";
  static final String STOP_IDS = "rlhf4j.stop_token_ids";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final GgufFile file;
  private final Architecture architecture;

  private GgufModel(GgufFile file) {
    this.file = file;
    this.architecture = Architecture.of(file.metadata());
  }

  /**
   * Opens a file.
   *
   * @param file a GGUF file
   * @return the model
   * @throws org.rlhf4j.settings.UserException where it is damaged, or has what isn't read
   */
  public static GgufModel open(Path file) {
    return new GgufModel(GgufFile.open(file));
  }

  /** The file's tensors, for a network of these sizes. */
  public GgufWeights weights(Dimensions dimensions) {
    return new GgufWeights(file, architecture, dimensions);
  }

  /**
   * A file of a model's folder.
   *
   * @param name such as {@code config.json}
   * @return its content, or nothing where such a folder wouldn't have it
   */
  public Optional<byte[]> file(String name) {
    GgufMetadata metadata = file.metadata();
    return switch (name) {
      case "config.json" -> Optional.of(json(ConfigJson.of(file, architecture)));
      case "tokenizer.json" -> Optional.of(json(TokenizerJson.of(metadata, architecture)));
      case "tokenizer_config.json" -> Optional.of(json(tokenizerConfig()));
      case "generation_config.json" -> Optional.of(json(generationConfig()));
      case "chat_template.jinja" ->
          metadata.has(CHAT_TEMPLATE)
              ? Optional.of(metadata.text(CHAT_TEMPLATE).getBytes(StandardCharsets.UTF_8))
              : Optional.empty();
      default -> Optional.empty();
    };
  }

  private static byte[] json(ObjectNode json) {
    return (json.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8);
  }

  private ObjectNode tokenizerConfig() {
    ObjectNode config = JSON.createObjectNode().put("tokenizer_class", "PreTrainedTokenizerFast");
    List<String> tokens = file.metadata().texts(ConfigJson.TOKENS);
    Map.of("bos", "bos", "eos", "eos", "unk", "unknown", "pad", "padding")
        .forEach(
            (name, key) ->
                id(key)
                    .ifPresent(
                        id ->
                            config.put(
                                name + "_token",
                                TokenizerJson.token(file.metadata(), tokens, id))));
    config.put("clean_up_tokenization_spaces", false);
    return config;
  }

  private ObjectNode generationConfig() {
    ObjectNode config = JSON.createObjectNode();
    id("bos").ifPresent(id -> config.put("bos_token_id", id));
    id("padding").ifPresent(id -> config.put("pad_token_id", id));
    TreeSet<Integer> stops = new TreeSet<>();
    Stream.of("eos", "eot", "eom").forEach(name -> id(name).ifPresent(stops::add));
    if (file.metadata().has(STOP_IDS)) {
      stops.addAll(file.metadata().wholes(STOP_IDS));
    }
    ArrayNode ids = config.putArray("eos_token_id");
    stops.forEach(ids::add);
    return config;
  }

  private OptionalInt id(String name) {
    return file.metadata().id("tokenizer.ggml." + name + "_token_id");
  }
}
