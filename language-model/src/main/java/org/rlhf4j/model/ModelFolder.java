package org.rlhf4j.model;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.rlhf4j.model.adapter.Adapter;
import org.rlhf4j.model.adapter.AdapterFolder;
import org.rlhf4j.model.adapter.LoraConfig;
import org.rlhf4j.model.family.Family;
import org.rlhf4j.model.gguf.GgufModel;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.model.weights.FiniteWeights;
import org.rlhf4j.model.weights.ModelPath;
import org.rlhf4j.model.weights.ParameterSpec;
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.model.weights.Safetensors;
import org.rlhf4j.model.weights.SaveFormat;
import org.rlhf4j.model.weights.StridedTensor;
import org.rlhf4j.model.weights.TensorFile;
import org.rlhf4j.model.weights.WeightFiles;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.settings.UserException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Hugging Face model folder, or the GGUF file that stands for one: where its weights lie and
 * under which names. An adapter's folder stands for its base with the adapter on it.
 */
final class ModelFolder {
  private static final Logger LOG = LoggerFactory.getLogger(ModelFolder.class);

  /** Folders and files of which it was said what of their heads isn't as they say. */
  private static final Set<Path> REPORTED = ConcurrentHashMap.newKeySet();

  /** Prefixes that programs leave in the names of tensors, and which. */
  private static final Map<String, String> PREFIXES =
      Map.of(
          "module.", " of torch's DataParallel",
          "_orig_mod.", " of torch.compile",
          "pretrained_model.", " of TRL's models with a value head",
          "base_model.model.", " of peft's models");

  private final Path folder;
  private final ModelConfig config;
  private final Map<String, TensorFile> files; // by the tensors that they hold
  private final AdapterFolder adapter; // null where the folder holds all weights

  private ModelFolder(
      Path folder, ModelConfig config, Map<String, TensorFile> files, AdapterFolder adapter) {
    this.folder = folder;
    this.adapter = adapter;
    this.config = config;
    this.files = files;
  }

  /**
   * Opens a folder; a run directory counts as its {@code model/}.
   *
   * @throws UserException where it is no model folder, or its weights can't be read
   */
  static ModelFolder open(Path given) {
    Path resolved = ModelPath.resolve(given);
    AdapterFolder adapter = ModelPath.isAdapter(resolved) ? AdapterFolder.open(resolved) : null;
    Path folder = adapter == null ? resolved : adapter.base();
    ModelConfig config = ModelConfig.read(folder);
    ModelFolder files = new ModelFolder(folder, config, weights(folder, config), adapter);
    return files.headDiffers() ? files.untied() : files;
  }

  /** Whether the embedding is said to be the head, but there is a head with other numbers. */
  private boolean headDiffers() {
    String head = config.family().head();
    return config.dimensions().tied()
        && !isScalar()
        && files.get(head) instanceof Safetensors one
        && files.get(embedding()) instanceof Safetensors other
        && !one.isSame(head, other, embedding());
  }

  /** The same with its own head, as transformers reads such a folder. */
  private ModelFolder untied() {
    if (REPORTED.add(folder)) {
      LOG.warn(
          "{}: config.json says tie_word_embeddings, but {} differs from {}; both are used, and"
              + " saved with tie_word_embeddings false",
          folder,
          config.family().head(),
          embedding());
    }
    ModelConfig untied = config.untied(folder.resolve("config.json"));
    return new ModelFolder(folder, untied, files, adapter);
  }

  /** The embedding's name in the file: the first of the weights. */
  private String embedding() {
    return nameOf(config.blueprint().parameters().get(0).parts().get(0).tensor());
  }

  /** A tensor's name in the file, with the backbone's prefix or without it. */
  private String nameOf(String tensor) {
    if (isHead(config, tensor)) {
      return tensor;
    }
    String prefixed = config.family().backbonePrefix() + tensor;
    return holds(prefixed) || !holds(tensor) ? prefixed : tensor;
  }

  private static Map<String, TensorFile> weights(Path folder, ModelConfig config) {
    List<TensorFile> files =
        ModelPath.isGguf(folder)
            ? List.of(GgufModel.open(folder).weights(config.dimensions()))
            : WeightFiles.of(folder).stream().<TensorFile>map(Safetensors::open).toList();
    Map<String, TensorFile> byTensor = new TreeMap<>();
    files.forEach(file -> file.names().forEach(name -> byTensor.put(name, file)));
    return byTensor;
  }

  /** The folder itself: an adapter's, not its base's. */
  Path folder() {
    return adapter == null ? folder : adapter.folder();
  }

  /** Where all of a network's matrices are from: an adapter's base, by its real path. */
  Path origin() {
    try {
      return folder.toRealPath();
    } catch (IOException e) {
      throw new UserException(folder + ": can't be read (" + e + "); check the folder", e);
    }
  }

  /** The tokenizer: an adapter's own, or its base's. */
  Tokenizer tokenizer() {
    return Tokenizer.load(ModelConfig.tokenizerFolderOf(folder()), folder);
  }

  /** Whether it is the folder of an adapter. */
  boolean isAdapter() {
    return adapter != null;
  }

  /**
   * Refuses a scalar head beside which the configuration is that of a language model.
   *
   * @throws UserException where it is
   */
  void requireScalar() {
    String named = config.json().path("architectures").path(0).asText();
    if (adapter == null && !config.isScalar() && !named.isEmpty()) {
      throw new UserException(
          ("%s: says %s, a language model, but there is %s; write %s to \"architectures\" if this is"
                  + " a reward model")
              .formatted(
                  folder.resolve("config.json"), named, Family.SCALAR_HEAD, config.scalarClass()));
    }
  }

  /** Says that a language model's folder has a scalar head, which isn't used. */
  void reportUnusedHead() {
    if (holds(Family.SCALAR_HEAD) && REPORTED.add(files.get(Family.SCALAR_HEAD).file())) {
      LOG.warn(
          "{}: {} isn't used, since config.json says that this is a language model",
          files.get(Family.SCALAR_HEAD).file(),
          Family.SCALAR_HEAD);
    }
  }

  /** Whether the model is a sequence classifier. */
  boolean isScalar() {
    return adapter == null
        ? config.isScalar()
        : adapter.config().isScalar() || adapter.holdsHead() || config.isScalar();
  }

  /** Whether there is a scalar head, the adapter's or that of all weights. */
  boolean holdsHead() {
    return adapter == null ? holds(Family.SCALAR_HEAD) : adapter.holdsHead();
  }

  /** A sequence classifier's labels: as its configuration says, else the rows of its head. */
  long labels() {
    int named = config.labels();
    return named > 0 || !holds(Family.SCALAR_HEAD)
        ? named
        : files.get(Family.SCALAR_HEAD).shape(Family.SCALAR_HEAD).get(0);
  }

  /**
   * The adapter to put on the weights: the folder's own, a fresh one, or null for none.
   *
   * @param base the parameters of the weights
   * @param head what is trained beside the adapter: a scalar model's head, or nothing
   * @param lora the adapter that is asked for, or null for none beside the folder's own
   * @param seed what is drawn from
   */
  Adapter adapter(List<ParameterSpec> base, List<ParameterSpec> head, LoraConfig lora, long seed) {
    if (adapter != null) {
      Adapter own = adapter.read(config.family(), base, head, seed);
      return lora == null ? own : own.continued(lora, base, adapter.folder());
    }
    if (lora == null) {
      return null;
    }
    Adapter fresh = Adapter.fresh(lora, base, folder, head, seed);
    if (!head.isEmpty() && holds(Family.SCALAR_HEAD)) {
      check(Family.SCALAR_HEAD, head.get(0).parts().get(0));
      Parameters trained = fresh.parameters();
      read(
          trained,
          trained.index(Family.SCALAR_HEAD),
          Map.of(Family.SCALAR_HEAD, Family.SCALAR_HEAD));
    }
    return fresh;
  }

  ModelConfig config() {
    return config;
  }

  boolean holds(String tensor) {
    return files.containsKey(tensor);
  }

  /**
   * Reads weights.
   *
   * @param specs what to read
   * @param optional a tensor that may be absent: its parameter is left fresh, drawn from the seed
   * @param held the number format in which matrices are held
   */
  Parameters read(List<ParameterSpec> specs, String optional, long seed, Precision held) {
    Map<String, String> names = names(specs, optional);
    Parameters parameters = Parameters.zeros(specs, held);
    try {
      for (int i = 0; i < specs.size(); i++) {
        ParameterSpec spec = specs.get(i);
        if (spec.name().equals(optional) && !holds(optional)) {
          parameters.draw(i, seed);
          continue;
        }
        read(parameters, i, names);
      }
    } catch (RuntimeException e) {
      parameters.close();
      throw e;
    }
    return parameters;
  }

  /** Reads one parameter, whose numbers have to be finite. */
  private void read(Parameters parameters, int index, Map<String, String> names) {
    ParameterSpec spec = parameters.specs().get(index);
    Precision precision = parameters.precision(index);
    parameters.change(
        index,
        memory -> {
          Parameters.parts(spec, memory, precision)
              .forEach((tensor, view) -> copy(names.get(tensor), view));
          FiniteWeights.fault(spec, memory, precision)
              .ifPresent(fault -> refuse(fault, names.get(fault.tensor())));
        });
  }

  private void copy(String name, StridedTensor target) {
    files.get(name).copy(name, target);
  }

  private void refuse(FiniteWeights.Fault fault, String name) {
    throw fault.refusal(files.get(name).file(), name);
  }

  /** For each wanted tensor its name in the file; refuses missing, misshapen and unknown ones. */
  private Map<String, String> names(List<ParameterSpec> specs, String optional) {
    Map<String, String> names = new LinkedHashMap<>();
    Set<String> unknown = new TreeSet<>(files.keySet());
    for (ParameterSpec spec : specs) {
      for (ParameterSpec.Part part : spec.parts()) {
        String name = isHeadAlone(part) ? config.family().head() : nameOf(part.tensor());
        if (holds(name)) {
          check(name, part);
          names.put(part.tensor(), name);
          unknown.remove(name);
        } else if (!part.tensor().equals(optional)) {
          throw new UserException(
              folder + ": tensor " + name + " is missing; " + reason(name, part.tensor()));
        }
      }
    }
    unknown.removeIf(name -> config.family().ignores(name) || isHead(config, name));
    if (!unknown.isEmpty()) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "%s: unknown tensor %s (%d in all) for model_type %s",
              files.get(unknown.iterator().next()).file(),
              unknown.iterator().next(),
              unknown.size(),
              config.family().architecture()));
    }
    return names;
  }

  /** Whether a part is the embedding of which there is only the head that it is tied to. */
  private boolean isHeadAlone(ParameterSpec.Part part) {
    return config.dimensions().tied()
        && !holds(embedding())
        && holds(config.family().head())
        && part.equals(config.blueprint().parameters().get(0).parts().get(0));
  }

  /** Why a tensor may be missing: the first that is, is the embedding. */
  private String reason(String missing, String bare) {
    for (String name : files.keySet()) {
      if (name.endsWith("." + missing) || name.endsWith("." + bare)) {
        String suffix = name.endsWith("." + missing) ? missing : bare;
        String prefix = name.substring(0, name.length() - suffix.length());
        return "there is %s, so the names have the prefix \"%s\"%s; save the weights without it"
            .formatted(name, prefix, PREFIXES.getOrDefault(prefix, ""));
      }
    }
    return missing.equals(config.family().head())
        ? "config.json says that it isn't the embedding (tie_word_embeddings false); correct that,"
            + " or save the model again"
        : "does config.json belong to these weights?";
  }

  private void check(String name, ParameterSpec.Part part) {
    TensorFile file = files.get(name);
    List<Long> shape = file.shape(name);
    if (!shape.equals(part.shape())) {
      throw new UserException(
          "%s: tensor %s is %s; config.json says %s"
              .formatted(file.file(), name, shape, part.shape()));
    }
  }

  /** Heads that this model doesn't use: a tied head's copy, or the other kind of model's head. */
  private static boolean isHead(ModelConfig config, String name) {
    return name.equals(config.family().head()) || name.equals(Family.SCALAR_HEAD);
  }

  /**
   * Writes a model folder: configuration, weights under their checkpoint names, tokenizer files.
   *
   * @param folder an existing, empty folder
   * @param format how the weights are written
   */
  static void write(
      Path folder,
      ModelConfig config,
      Map<String, StridedTensor> tensors,
      Tokenizer tokenizer,
      SaveFormat format)
      throws IOException {
    config.withEnd(tokenizer.eosId()).write(folder, format.dtype());
    Map<String, StridedTensor> named = new LinkedHashMap<>();
    tensors.forEach(
        (tensor, view) ->
            named.put(
                isHead(config, tensor) ? tensor : config.family().backbonePrefix() + tensor, view));
    WeightFiles.write(folder, named, format);
    tokenizer.copyTo(folder);
  }
}
