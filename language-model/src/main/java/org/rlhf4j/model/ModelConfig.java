package org.rlhf4j.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.rlhf4j.hub.HubRepo;
import org.rlhf4j.model.adapter.AdapterFolder;
import org.rlhf4j.model.family.Blueprint;
import org.rlhf4j.model.family.ConfigReader;
import org.rlhf4j.model.family.Dimensions;
import org.rlhf4j.model.family.Family;
import org.rlhf4j.model.files.ModelTexts;
import org.rlhf4j.model.tokenizer.EndOfSequence;
import org.rlhf4j.model.weights.Dtype;
import org.rlhf4j.model.weights.ModelPath;
import org.rlhf4j.model.weights.ParameterSpec;
import org.rlhf4j.settings.JsonFiles;
import org.rlhf4j.settings.UserException;

/**
 * A model's config.json: kept key for key, with what the scripts need read out of it.
 *
 * @param json the file's content
 * @param family the model's family
 * @param blueprint what it asks for
 */
public record ModelConfig(ObjectNode json, Family family, Blueprint blueprint) {
  private static final String SCALAR = "ForSequenceClassification";

  /**
   * Returns the folder with a model's files, for those who don't need its weights.
   *
   * @param model a model folder, or a run directory, which counts as its {@code model/}
   * @return the folder
   * @throws UserException where there is none
   */
  public static Path folderOf(Path model) {
    return ModelPath.resolve(model);
  }

  /**
   * Whether a folder says what model it is of: one of a tokenizer alone doesn't.
   *
   * @param folder any folder
   */
  public static boolean isIn(Path folder) {
    return Files.exists(folder.resolve("config.json"))
        || ModelPath.isAdapter(folder)
        || ModelPath.isGguf(folder);
  }

  /**
   * The model of the hub that a folder's adapter is on.
   *
   * @param model a model folder or a run directory
   * @return the base, or nothing where it is a folder or there is no adapter
   */
  public static Optional<HubRepo> hubBaseOf(Path model) {
    Path folder = ModelPath.resolve(model);
    return ModelPath.isAdapter(folder) ? AdapterFolder.open(folder).hubBase() : Optional.empty();
  }

  /**
   * Returns the folder with a model's tokenizer.
   *
   * @param model a model folder, a run directory or a tokenizer's folder; an adapter without one
   *     has its base's
   * @return the folder
   * @throws UserException where there is none
   */
  public static Path tokenizerFolderOf(Path model) {
    Path folder = ModelPath.resolve(model);
    boolean own = Files.exists(folder.resolve("tokenizer.json"));
    return own || !ModelPath.isAdapter(folder) ? folder : AdapterFolder.open(folder).base();
  }

  /**
   * Reads a folder's config.json, of an adapter's folder that of its base.
   *
   * @param folder a Hugging Face model folder, or a GGUF file
   * @return the configuration
   * @throws UserException where the file is missing, malformed, of an unknown family or asks for
   *     what the scripts don't compute
   */
  public static ModelConfig read(Path folder) {
    Path base = ModelPath.isAdapter(folder) ? AdapterFolder.open(folder).base() : folder;
    if (ModelPath.isGguf(base)) {
      return of((ObjectNode) ModelTexts.of(base).json("config.json"), base);
    }
    return readFile(base.resolve("config.json"));
  }

  /**
   * Reads a configuration file.
   *
   * @param file a config.json, of whatever name
   * @return the configuration
   */
  public static ModelConfig readFile(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new UserException(
          file + ": no such file; a model is a folder with config.json and model.safetensors");
    }
    if (!(JsonFiles.parse(file, JsonFiles.bytes(file)) instanceof ObjectNode object)) {
      throw new UserException(file + ": must hold a JSON object");
    }
    return of(object, file);
  }

  private static ModelConfig of(ObjectNode json, Path file) {
    String type = json.path("model_type").asText("");
    Family family = Family.ALL.get(type);
    if (family == null) {
      throw new UserException(
          "%s: the family of model_type \"%s\" isn't known; known families: %s"
              .formatted(file, type, String.join(", ", new TreeSet<>(Family.ALL.keySet()))));
    }
    return new ModelConfig(json, family, family.read(new ConfigReader(json, file)));
  }

  /** The network's sizes. */
  public Dimensions dimensions() {
    return blueprint.dimensions();
  }

  /** The weights of the backbone, and of the head where it isn't the embedding. */
  List<ParameterSpec> languageModelParameters() {
    List<ParameterSpec> all = new ArrayList<>(blueprint.parameters());
    if (!dimensions().tied()) {
      all.add(
          ParameterSpec.transposed(
              family.head(),
              ParameterSpec.Initial.normal(dimensions().initialDeviation()),
              dimensions().vocabulary(),
              dimensions().hidden()));
    }
    return all;
  }

  /** The weights of the backbone and of a scalar head. */
  List<ParameterSpec> scalarModelParameters() {
    List<ParameterSpec> all = new ArrayList<>(blueprint.parameters());
    all.add(scalarHead());
    return all;
  }

  /** The scalar head, whose deviation is 1/√(hidden + 1). */
  ParameterSpec scalarHead() {
    return ParameterSpec.of(
        Family.SCALAR_HEAD,
        ParameterSpec.Initial.normal(1 / Math.sqrt(dimensions().hidden() + 1.0)),
        1,
        dimensions().hidden());
  }

  /** The class of a reward model in transformers. */
  String scalarClass() {
    return family.architecture() + SCALAR;
  }

  /** Whether this configuration is of a sequence classifier. */
  public boolean isScalar() {
    return json.path("architectures").path(0).asText("").endsWith(SCALAR);
  }

  /** How many labels a sequence classifier's configuration gives it, 0 where it doesn't say. */
  int labels() {
    int named = json.path("id2label").size();
    return named > 0 ? named : json.path("num_labels").asInt(0);
  }

  /**
   * The configuration of a reward model or critic on this backbone.
   *
   * @param padId an id that is not the one of EOS, or transformers would skip the scored EOS
   */
  ModelConfig asScalar(int padId) {
    ObjectNode out = json.deepCopy();
    out.putArray("architectures").add(scalarClass());
    out.put("pad_token_id", padId);
    return new ModelConfig(out, family, blueprint).withOneLabel();
  }

  /** The same of one label: without a word of it, transformers takes two. */
  ModelConfig withOneLabel() {
    ObjectNode out = json.deepCopy();
    out.putObject("id2label").put("0", "LABEL_0");
    out.putObject("label2id").put("LABEL_0", 0);
    return new ModelConfig(out, family, blueprint);
  }

  /** The same with a head of its own, not the embedding; {@code file} is for messages. */
  ModelConfig untied(Path file) {
    return of(json.deepCopy().put("tie_word_embeddings", false), file);
  }

  /** The same with an id that ends a sequence: see {@link EndOfSequence}. */
  ModelConfig withEnd(int eos) {
    ObjectNode out = json.deepCopy();
    return EndOfSequence.writeTo(out, eos) ? new ModelConfig(out, family, blueprint) : this;
  }

  /** The configuration of a language model on this backbone. */
  ModelConfig asLanguageModel() {
    ObjectNode out = json.deepCopy();
    out.putArray("architectures").add(family.causalClass());
    out.remove(List.of("id2label", "label2id", "num_labels"));
    return new ModelConfig(out, family, blueprint);
  }

  /**
   * The configuration as it is written: the weights' number format under the key that the file has
   * for it, all other keys as they were read. Without such a key they are taken for fp32.
   */
  public String text(Dtype dtype) {
    ObjectNode out = json.deepCopy();
    List<String> keys = Stream.of("dtype", "torch_dtype").filter(out::has).toList();
    keys.forEach(key -> out.put(key, dtype.configName()));
    if (keys.isEmpty() && dtype != Dtype.FP32) {
      out.put("dtype", dtype.configName());
    }
    return out.toPrettyString() + "\n";
  }

  void write(Path folder, Dtype dtype) throws IOException {
    Files.writeString(folder.resolve("config.json"), text(dtype), StandardCharsets.UTF_8);
  }
}
