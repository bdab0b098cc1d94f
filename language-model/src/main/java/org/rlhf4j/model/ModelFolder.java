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
import org.rlhf4j.model.adapter.Adapter;
import org.rlhf4j.model.adapter.AdapterFolder;
import org.rlhf4j.model.adapter.LoraConfig;
import org.rlhf4j.model.family.Family;
import org.rlhf4j.model.gguf.GgufModel;
import org.rlhf4j.model.tokenizer.Tokenizer;
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

/**
 * A Hugging Face model folder, or the GGUF file that stands for one: where its weights lie and
 * under which names. An adapter's folder stands for its base with the adapter on it.
 */
final class ModelFolder {
  private final Path folder;
  private final ModelConfig config;
  private final Map<String, TensorFile> files; // by the tensors that they hold
  private final AdapterFolder adapter; // null where the folder holds all weights

  private ModelFolder(
      Path folder, ModelConfig config, List<TensorFile> files, AdapterFolder adapter) {
    this.folder = folder;
    this.adapter = adapter;
    this.config = config;
    this.files = new TreeMap<>();
    files.forEach(file -> file.names().forEach(name -> this.files.put(name, file)));
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
    return new ModelFolder(folder, config, weights(folder, config), adapter);
  }

  private static List<TensorFile> weights(Path folder, ModelConfig config) {
    return ModelPath.isGguf(folder)
        ? List.of(GgufModel.open(folder).weights(config.dimensions()))
        : WeightFiles.of(folder).stream().<TensorFile>map(Safetensors::open).toList();
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
    return Tokenizer.load(ModelConfig.tokenizerFolderOf(folder()));
  }

  /** Whether it is the folder of an adapter. */
  boolean isAdapter() {
    return adapter != null;
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
      trained.changeTensors(
          trained.index(Family.SCALAR_HEAD),
          parts -> copy(Family.SCALAR_HEAD, parts.get(Family.SCALAR_HEAD)));
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
        parameters.changeTensors(
            i, parts -> parts.forEach((tensor, view) -> copy(names.get(tensor), view)));
      }
    } catch (RuntimeException e) {
      parameters.close();
      throw e;
    }
    return parameters;
  }

  private void copy(String name, StridedTensor target) {
    files.get(name).copy(name, target);
  }

  /** For each wanted tensor its name in the file; refuses missing, misshapen and unknown ones. */
  private Map<String, String> names(List<ParameterSpec> specs, String optional) {
    Map<String, String> names = new LinkedHashMap<>();
    Set<String> unknown = new TreeSet<>(files.keySet());
    for (ParameterSpec spec : specs) {
      for (ParameterSpec.Part part : spec.parts()) {
        String prefixed = config.family().backbonePrefix() + part.tensor();
        String name = holds(prefixed) ? prefixed : part.tensor();
        if (holds(name)) {
          check(name, part);
          names.put(part.tensor(), name);
          unknown.remove(name);
        } else if (!part.tensor().equals(optional)) {
          throw new UserException(
              folder
                  + ": tensor "
                  + prefixed
                  + " is missing; does config.json belong to these weights?");
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
    config.write(folder, format.dtype());
    Map<String, StridedTensor> named = new LinkedHashMap<>();
    tensors.forEach(
        (tensor, view) ->
            named.put(
                isHead(config, tensor) ? tensor : config.family().backbonePrefix() + tensor, view));
    WeightFiles.write(folder, named, format);
    tokenizer.copyTo(folder);
  }
}
