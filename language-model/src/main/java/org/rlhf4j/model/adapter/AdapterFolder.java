package org.rlhf4j.model.adapter;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.rlhf4j.hub.Hub;
import org.rlhf4j.hub.HubEnvironment;
import org.rlhf4j.hub.HubRepo;
import org.rlhf4j.hub.TransferProgress;
import org.rlhf4j.model.family.Family;
import org.rlhf4j.model.weights.Dtype;
import org.rlhf4j.model.weights.FiniteWeights;
import org.rlhf4j.model.weights.ModelPath;
import org.rlhf4j.model.weights.ParameterSpec;
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.model.weights.Safetensors;
import org.rlhf4j.model.weights.StridedTensor;
import org.rlhf4j.settings.UserException;

/**
 * A folder with an adapter in peft's form: {@value AdapterConfig#FILE} and {@value #WEIGHTS}.
 *
 * @param folder the folder
 * @param config its configuration
 * @param weights its tensors
 */
public record AdapterFolder(Path folder, AdapterConfig config, Safetensors weights) {
  private static final String WEIGHTS = "adapter_model.safetensors";
  private static final String PREFIX = "base_model.model.";
  private static final String A = ".lora_A.weight";
  private static final String B = ".lora_B.weight";

  /**
   * Opens an adapter's folder.
   *
   * @param folder holds adapter_config.json
   * @throws UserException where it can't be read, or there are no weights
   */
  public static AdapterFolder open(Path folder) {
    AdapterConfig config = AdapterConfig.read(folder.resolve(AdapterConfig.FILE));
    Path file = folder.resolve(WEIGHTS);
    if (!Files.isRegularFile(file)) {
      throw new UserException(
          file + ": no such file; an adapter is " + AdapterConfig.FILE + " and " + WEIGHTS);
    }
    return new AdapterFolder(folder, config, Safetensors.open(file));
  }

  /** The folder of the base model: a path as written, from here or from the adapter, or an id. */
  public Path base() {
    Path file = folder.resolve(AdapterConfig.FILE);
    if (config.base().isEmpty()) {
      throw new UserException(
          file + ": names no base model; write its folder to \"base_model_name_or_path\"");
    }
    Optional<HubRepo> repo = hubBase();
    if (repo.isPresent()) {
      return base(new Hub(HubEnvironment.ofProcess(), TransferProgress.SILENT).model(repo.get()));
    }
    Path local =
        localBase()
            .orElseThrow(
                () ->
                    new UserException(
                        ("%s: its base model %s isn't there; write the base's folder to"
                                + " \"base_model_name_or_path\"")
                            .formatted(file, config.base())));
    return base(ModelPath.resolve(local));
  }

  private Optional<Path> localBase() {
    return Stream.of(Path.of(config.base()), folder.resolve(config.base()))
        .filter(path -> Files.isDirectory(path) || ModelPath.isGguf(path))
        .findFirst();
  }

  /** The base model on the hub, where no folder has its name. */
  public Optional<HubRepo> hubBase() {
    String revision = config.revision().isEmpty() ? "" : "@" + config.revision();
    return localBase().isPresent() ? Optional.empty() : HubRepo.model(config.base() + revision);
  }

  private Path base(Path found) {
    if (ModelPath.isAdapter(found)) {
      throw new UserException(
          "%s: its base %s is an adapter itself; merge that: `rlhf merge --model %s --output DIR`"
              .formatted(folder.resolve(AdapterConfig.FILE), found, found));
    }
    return found;
  }

  /** Whether a scalar head was saved with it. */
  public boolean holdsHead() {
    return weights.entries().containsKey(PREFIX + Family.SCALAR_HEAD);
  }

  /**
   * Reads the adapter.
   *
   * @param family of the base
   * @param base the base's parameters
   * @param head what is trained beside the factors, or nothing
   * @param seed what a head is drawn from where the adapter has none
   * @throws UserException where it isn't one of such a base
   */
  public Adapter read(
      Family family, List<ParameterSpec> base, List<ParameterSpec> head, long seed) {
    Set<String> unknown = new TreeSet<>(weights.entries().keySet());
    unknown.remove(PREFIX + Family.SCALAR_HEAD);
    List<LinearModule> modules = new ArrayList<>();
    for (LinearModule module : LinearModule.all(base)) {
      String name = PREFIX + family.backbonePrefix() + module.name();
      boolean a = unknown.remove(name + A);
      boolean b = unknown.remove(name + B);
      if (a || b) {
        modules.add(module);
      }
    }
    if (!unknown.isEmpty() || modules.isEmpty()) {
      throw new UserException(
          "%s: %s; is %s its base?"
              .formatted(
                  weights.file(),
                  modules.isEmpty()
                      ? "holds no adapter of this model's matrices"
                      : "tensor "
                          + unknown.iterator().next()
                          + " belongs to no matrix of this model",
                  config.base()));
    }
    Parameters parameters =
        Parameters.fresh(Adapter.specs(modules, config.lora().rank(), head), seed);
    try {
      for (int i = 0; i < parameters.specs().size(); i++) {
        boolean isHead = parameters.specs().get(i).name().equals(Family.SCALAR_HEAD);
        if (!isHead || holdsHead()) { // an absent head stays as it was drawn
          parameters.changeTensors(
              i, parts -> parts.forEach((tensor, view) -> copy(name(family, tensor), view)));
        }
      }
      FiniteWeights.fault(parameters).ifPresent(fault -> refuse(fault, family));
    } catch (RuntimeException e) {
      parameters.close();
      throw e;
    }
    return new Adapter(config, modules, parameters);
  }

  private void refuse(FiniteWeights.Fault fault, Family family) {
    throw fault.refusal(weights.file(), name(family, fault.tensor()));
  }

  private void copy(String name, StridedTensor target) {
    Safetensors.Entry entry = weights.entries().get(name);
    if (entry == null || !entry.shape().equals(target.shape())) {
      throw new UserException(
          "%s: tensor %s %s; %s and the base say %s"
              .formatted(
                  weights.file(),
                  name,
                  entry == null ? "is missing" : "is " + entry.shape(),
                  AdapterConfig.FILE,
                  target.shape()));
    }
    weights.copy(name, target);
  }

  /**
   * A tensor's name in the file: {@code base_model.model.}, the prefix of the backbone, its own.
   */
  static String name(Family family, String tensor) {
    return PREFIX + (tensor.equals(Family.SCALAR_HEAD) ? "" : family.backbonePrefix()) + tensor;
  }

  /**
   * Writes an adapter.
   *
   * @param folder an existing, empty folder
   * @param family of the base
   * @param adapter the adapter
   * @param scalar whether it is a reward model's
   * @param dtype the number format of its weights
   */
  public static void write(Path folder, Family family, Adapter adapter, boolean scalar, Dtype dtype)
      throws IOException {
    adapter.config().write(folder, scalar);
    Map<String, StridedTensor> named = new LinkedHashMap<>();
    adapter.parameters().tensors().forEach((name, tensor) -> named.put(name(family, name), tensor));
    Safetensors.write(folder.resolve(WEIGHTS), named, dtype);
  }
}
