package org.rlhf4j.model.adapter;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rlhf4j.hub.HubRepo;
import org.rlhf4j.model.family.ConfigReader;
import org.rlhf4j.model.weights.ModelPath;
import org.rlhf4j.settings.JsonFiles;
import org.rlhf4j.settings.UserException;

/**
 * An adapter's adapter_config.json, as peft writes and reads it: kept key for key, with what the
 * scripts need read out of it.
 *
 * @param json the file's content
 * @param lora rank, scale and targets
 */
public record AdapterConfig(ObjectNode json, LoraConfig lora) {
  /** The file's name. */
  static final String FILE = ModelPath.ADAPTER_CONFIG;

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String CAUSAL = "CAUSAL_LM";
  private static final String SCALAR = "SEQ_CLS";
  private static final List<String> SAVED_HEADS = List.of("classifier", "score");

  /** Keys that change nothing of what an adapter computes once its weights are there. */
  private static final Set<String> HARMLESS =
      Set.of(
          "peft_type",
          "task_type",
          "base_model_name_or_path",
          "revision",
          "r",
          "lora_alpha",
          "lora_dropout",
          "use_rslora",
          "target_modules",
          "exclude_modules",
          "layers_to_transform",
          "layers_pattern",
          "modules_to_save",
          "bias",
          "fan_in_fan_out",
          "inference_mode",
          "auto_mapping",
          "megatron_core",
          "peft_version",
          "qalora_group_size",
          "runtime_config",
          "ensure_weight_tying");

  /** Ways to begin that leave the base as it is; others (PiSSA, OLoRA, …) change it. */
  private static final Set<String> BEGINNINGS = Set.of("true", "false", "gaussian", "orthogonal");

  /**
   * Describes a fresh adapter.
   *
   * @param lora rank, scale and dropout
   * @param modules what it adapts
   * @param base the base model's folder: named by its id where it is a snapshot of the hub
   */
  static AdapterConfig fresh(LoraConfig lora, List<LinearModule> modules, Path base) {
    ObjectNode json = JSON.createObjectNode();
    json.put("peft_type", "LORA");
    String[] name = HubRepo.nameOf(base).split("@", 2);
    boolean fromHub = name[0].contains("/");
    json.put(
        "base_model_name_or_path",
        fromHub ? name[0] : base.toAbsolutePath().normalize().toString());
    json.put("revision", fromHub ? name[1] : null);
    json.put("r", lora.rank());
    putNumber(json, "lora_alpha", lora.alpha());
    json.put("use_rslora", lora.rankStabilized());
    ArrayNode targets = json.putArray("target_modules");
    List<String> named =
        lora.targets().equals(List.of(LoraConfig.ALL_LINEAR)) || lora.targets().isEmpty()
            ? LinearModule.kinds(modules)
            : lora.targets();
    named.forEach(targets::add);
    json.put("fan_in_fan_out", modules.get(0).stored());
    json.put("bias", "none");
    json.put("inference_mode", true);
    json.put("init_lora_weights", true);
    return new AdapterConfig(json, lora);
  }

  private static void putNumber(ObjectNode json, String key, double value) {
    if (value == Math.rint(value)) {
      json.put(key, (long) value);
    } else {
      json.put(key, value);
    }
  }

  /**
   * Reads a file.
   *
   * @throws UserException where it asks for what isn't computed here, by the name of the setting
   */
  static AdapterConfig read(Path file) {
    if (!(JsonFiles.parse(file, JsonFiles.bytes(file)) instanceof ObjectNode json)) {
      throw new UserException(file + ": must hold a JSON object");
    }
    ConfigReader reader = new ConfigReader(json, file);
    reader.require(reader.text("peft_type", "LORA").equals("LORA"), "peft_type", "LORA");
    reader.require(
        Set.of(CAUSAL, SCALAR).contains(reader.text("task_type", CAUSAL)),
        "task_type",
        CAUSAL + ", " + SCALAR);
    reader.require(reader.text("bias", "none").equals("none"), "bias", "none");
    String beginning = json.path("init_lora_weights").asText("true");
    reader.require(BEGINNINGS.contains(beginning), "init_lora_weights", "true, gaussian");
    for (JsonNode saved : json.path("modules_to_save")) {
      reader.require(
          SAVED_HEADS.contains(saved.asText()), "modules_to_save", "score, of a reward model");
    }
    for (Map.Entry<String, JsonNode> entry : json.properties()) {
      boolean known =
          HARMLESS.contains(entry.getKey()) || entry.getKey().equals("init_lora_weights");
      reader.require(known || isOff(entry.getValue()), entry.getKey(), "none");
    }
    return new AdapterConfig(
        json,
        new LoraConfig(
            reader.positive("r"),
            reader.number("lora_alpha", 8),
            0,
            reader.flag("use_rslora", false),
            targets(json)));
  }

  private static boolean isOff(JsonNode value) {
    return value.isNull()
        || (value.isBoolean() && !value.booleanValue())
        || (value.isContainerNode() && value.isEmpty());
  }

  /** The targets where they are names; a pattern, as peft takes it too, is none to compare with. */
  private static List<String> targets(ObjectNode json) {
    return json.path("target_modules").isArray()
        ? JSON.convertValue(
            json.path("target_modules"),
            JSON.getTypeFactory().constructCollectionType(List.class, String.class))
        : List.of();
  }

  /** Whether it is the adapter of a reward model. */
  public boolean isScalar() {
    return json.path("task_type").asText("").equals(SCALAR);
  }

  /** The base model's path or id, as written. */
  String base() {
    return json.path("base_model_name_or_path").asText("");
  }

  /** The base model's revision on the hub, or empty. */
  String revision() {
    return json.path("revision").asText("");
  }

  /** The same with another dropout while training. */
  AdapterConfig withDropout(double share) {
    return new AdapterConfig(json, lora.withDropout(share));
  }

  /**
   * Writes the file.
   *
   * @param folder where to
   * @param scalar whether it is the adapter of a reward model, whose head is saved with it
   */
  void write(Path folder, boolean scalar) throws IOException {
    ObjectNode out = json.deepCopy();
    out.put("task_type", scalar ? SCALAR : CAUSAL);
    out.put("lora_dropout", lora.dropout());
    if (scalar) {
      ArrayNode heads = out.putArray("modules_to_save");
      SAVED_HEADS.forEach(heads::add);
    } else {
      out.putNull("modules_to_save");
    }
    Files.writeString(folder.resolve(FILE), out.toPrettyString() + "\n");
  }
}
