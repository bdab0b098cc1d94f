package org.rlhf4j.model.adapter;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.rlhf4j.model.weights.ParameterSpec;
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.settings.UserException;

/**
 * A low-rank adapter of a network, {@link LoraConfig}: its factors, and for a scalar model the
 * head, which is trained whole beside them.
 */
public final class Adapter implements AutoCloseable {
  private final AdapterConfig config;
  private final List<LinearModule> modules;
  private final Parameters parameters;

  /**
   * An adapter of given weights.
   *
   * @param config how it is described in a file
   * @param modules what it adapts
   * @param parameters A and B of each module, as {@link #specs} says
   */
  Adapter(AdapterConfig config, List<LinearModule> modules, Parameters parameters) {
    this.config = config;
    this.modules = List.copyOf(modules);
    this.parameters = parameters;
  }

  /**
   * What the weights of an adapter are: A and B of each module, then the head.
   *
   * @param modules what is adapted
   * @param rank r
   * @param head what is trained beside them, or nothing
   */
  static List<ParameterSpec> specs(List<LinearModule> modules, int rank, List<ParameterSpec> head) {
    List<ParameterSpec> specs = new ArrayList<>();
    for (LinearModule module : modules) {
      specs.add(
          ParameterSpec.transposed(
              module.name() + ".lora_A.weight",
              ParameterSpec.Initial.uniform(1 / Math.sqrt((double) module.in())),
              rank,
              module.in()));
      specs.add(
          ParameterSpec.transposed(
              module.name() + ".lora_B.weight", ParameterSpec.Initial.ZEROS, module.out(), rank));
    }
    specs.addAll(head);
    return specs;
  }

  /**
   * A fresh adapter, which changes nothing yet.
   *
   * @param lora what is asked for
   * @param base the base's parameters
   * @param folder the base's folder
   * @param head what is trained beside the factors, or nothing
   * @param seed what A and the head are drawn from
   */
  public static Adapter fresh(
      LoraConfig lora, List<ParameterSpec> base, Path folder, List<ParameterSpec> head, long seed) {
    List<LinearModule> modules = LinearModule.targeted(LinearModule.all(base), lora.targets());
    return new Adapter(
        AdapterConfig.fresh(lora, modules, folder),
        modules,
        Parameters.fresh(specs(modules, lora.rank(), head), seed));
  }

  AdapterConfig config() {
    return config;
  }

  /** Rank, scale and targets. */
  public LoraConfig lora() {
    return config.lora();
  }

  /** What is trained. */
  public Parameters parameters() {
    return parameters;
  }

  /** A copy with weights of its own and another head, which is left zero where this has none. */
  public Adapter copy(List<ParameterSpec> head) {
    return new Adapter(config, modules, parameters.copyOf(specs(modules, lora().rank(), head)));
  }

  /**
   * The same adapter, its training gone on with as asked for.
   *
   * @param lora rank, α and targets, which have to be this adapter's, and the dropout
   * @param folder where the adapter is from, for the message
   * @throws UserException where they aren't
   */
  public Adapter continued(LoraConfig lora, List<ParameterSpec> base, Path folder) {
    boolean sameTargets =
        lora.targets().isEmpty()
            || LinearModule.targeted(LinearModule.all(base), lora.targets()).equals(modules);
    if (lora.rank() != lora().rank() || lora.alpha() != lora().alpha() || !sameTargets) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "%s: this is an adapter of rank %d and alpha %s on %s, and its training would continue;"
                  + " give the same settings, leave out --lora-rank, or merge it first: `rlhf"
                  + " merge`",
              folder,
              lora().rank(),
              lora().alpha(),
              String.join(", ", LinearModule.kinds(modules))));
    }
    return new Adapter(config.withDropout(lora.dropout()), modules, parameters);
  }

  /**
   * Where a network finds what is adapted: for each module the index of its matrix, that of A among
   * both weights, the first column and the number of columns; see adapters.py.
   *
   * @param baseSize how many parameters the base has
   */
  public long[][] places(int baseSize) {
    long[][] places = new long[modules.size()][];
    for (int i = 0; i < places.length; i++) {
      LinearModule module = modules.get(i);
      places[i] =
          new long[] {module.parameter(), baseSize + 2L * i, module.column(), module.number()};
    }
    return places;
  }

  @Override
  public void close() {
    parameters.close();
  }
}
