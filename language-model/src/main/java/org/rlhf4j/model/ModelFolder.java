package org.rlhf4j.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** A Hugging Face model folder: where its weights lie and under which names. */
final class ModelFolder {
  private static final String WEIGHTS = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";

  private final Path folder;
  private final ModelConfig config;
  private final Map<String, Safetensors> files; // by the tensors that they hold

  private ModelFolder(Path folder, ModelConfig config, List<Safetensors> files) {
    this.folder = folder;
    this.config = config;
    this.files = new TreeMap<>();
    files.forEach(file -> file.entries().keySet().forEach(name -> this.files.put(name, file)));
  }

  /**
   * Opens a folder; a run directory counts as its {@code model/}.
   *
   * @throws UserException where it is no model folder, or its weights can't be read
   */
  static ModelFolder open(Path given) {
    Path folder = resolve(given);
    ModelConfig config = ModelConfig.read(folder);
    return new ModelFolder(
        folder, config, weightFiles(folder).stream().map(Safetensors::open).toList());
  }

  /** The safetensors files of a folder: one, or the shards that its index names. */
  private static List<Path> weightFiles(Path folder) {
    if (Files.isRegularFile(folder.resolve(WEIGHTS))) {
      return List.of(folder.resolve(WEIGHTS));
    }
    if (Files.isRegularFile(folder.resolve(INDEX))) {
      return shards(folder.resolve(INDEX));
    }
    Optional<String> pickle = PickleCheckpoint.among(name -> Files.exists(folder.resolve(name)));
    if (pickle.isPresent()) {
      Path config = folder.resolve("config.json");
      String path = folder.toString();
      throw PickleCheckpoint.refusal(
          path,
          pickle.get(),
          JsonFiles.parse(config, JsonFiles.bytes(config)),
          "'" + path + "'",
          path);
    }
    throw new UserException(
        folder + ": no " + WEIGHTS + "; `rlhf new` makes a model from a configuration");
  }

  private static List<Path> shards(Path index) {
    Set<Path> shards = new LinkedHashSet<>();
    for (JsonNode shard : JsonFiles.parse(index, JsonFiles.bytes(index)).path("weight_map")) {
      if (!shard.asText().matches("[\\w.-]+\\.safetensors")) {
        throw new UserException(
            index
                + ": names the file "
                + shard
                + "; shards are safetensors files beside the index");
      }
      shards.add(index.resolveSibling(shard.asText()));
    }
    return List.copyOf(shards);
  }

  /** The folder itself, or its {@code model/} where it is a run directory. */
  static Path resolve(Path given) {
    if (!Files.isDirectory(given)) {
      throw new UsageException(
          given + ": no such folder; name a model folder, a run directory or a hub id");
    }
    boolean run = !Files.exists(given.resolve("config.json"));
    return run && Files.isDirectory(given.resolve("model")) ? given.resolve("model") : given;
  }

  Path folder() {
    return folder;
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
   */
  Parameters read(List<ParameterSpec> specs, String optional, long seed) {
    Map<String, String> names = names(specs, optional);
    Parameters parameters = Parameters.zeros(specs);
    try {
      for (int i = 0; i < specs.size(); i++) {
        ParameterSpec spec = specs.get(i);
        if (spec.name().equals(optional) && !holds(optional)) {
          parameters.draw(i, seed);
          continue;
        }
        Parameters.parts(spec, parameters.memory(i))
            .forEach((tensor, view) -> copy(names.get(tensor), view));
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
                  + " is missing; is config.json that of these weights?");
        }
      }
    }
    unknown.removeIf(name -> config.family().ignores(name) || isHead(config, name));
    if (!unknown.isEmpty()) {
      throw new UserException(
          "%s: unknown tensor %s (%d in all) for model_type %s"
              .formatted(
                  files.get(unknown.iterator().next()).file(),
                  unknown.iterator().next(),
                  unknown.size(),
                  config.family().architecture()));
    }
    return names;
  }

  private void check(String name, ParameterSpec.Part part) {
    Safetensors file = files.get(name);
    List<Long> shape = file.entries().get(name).shape();
    if (!shape.equals(part.shape())) {
      throw new UserException(
          "%s: tensor %s is %s; config.json says %s"
              .formatted(file.file(), name, shape, part.shape()));
    }
  }

  /** Heads that this model doesn't use: a tied head's copy, or the other kind of model's head. */
  private static boolean isHead(ModelConfig config, String name) {
    return name.equals(config.family().head()) || name.equals(ScalarModel.HEAD);
  }

  /**
   * Writes a model folder: configuration, weights under their checkpoint names, tokenizer files.
   *
   * @param folder an existing, empty folder
   */
  static void write(Path folder, ModelConfig config, Parameters parameters, Tokenizer tokenizer)
      throws IOException {
    config.write(folder);
    Map<String, StridedTensor> named = new LinkedHashMap<>();
    parameters
        .tensors()
        .forEach(
            (tensor, view) ->
                named.put(
                    isHead(config, tensor) ? tensor : config.family().backbonePrefix() + tensor,
                    view));
    Safetensors.write(folder.resolve(WEIGHTS), named);
    tokenizer.copyTo(folder);
  }
}
