package org.rlhf4j.model.adapter;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.rlhf4j.model.weights.ParameterSpec;
import org.rlhf4j.settings.UsageException;

/**
 * A matrix of a layer as a checkpoint has it: what an adapter can be put on. In memory several may
 * lie side by side in one parameter.
 *
 * @param name its name in the checkpoint, without prefix and {@code .weight}
 * @param number its place among the model's
 * @param parameter the index of the parameter that holds it
 * @param column its first column there
 * @param in the width of what it multiplies
 * @param out the width of the product
 * @param stored whether the checkpoint has it as [in, out] (GPT-2), not as [out, in]
 */
public record LinearModule(
    String name, int number, int parameter, int column, long in, long out, boolean stored) {

  private static final String WEIGHT = ".weight";
  private static final Pattern IN_A_LAYER = Pattern.compile("(?:.*\\.)?\\d+\\..*\\.weight");

  /** What peft adapts where nothing is said, the first that a model has all of. */
  private static final List<List<String>> USUAL =
      List.of(
          List.of("q_proj", "v_proj"),
          List.of("c_attn"),
          List.of("query_key_value"),
          List.of("qkv_proj"));

  /**
   * All of a model: the matrices of its layers, so neither embeddings nor head.
   *
   * @param specs the model's parameters
   */
  public static List<LinearModule> all(List<ParameterSpec> specs) {
    List<LinearModule> modules = new ArrayList<>();
    for (int i = 0; i < specs.size(); i++) {
      int column = 0;
      for (ParameterSpec.Part part : specs.get(i).parts()) {
        if (part.shape().size() == 2 && IN_A_LAYER.matcher(part.tensor()).matches()) {
          LinearModule module = of(part, modules.size(), i, column, !specs.get(i).transposed());
          modules.add(module);
          column += Math.toIntExact(module.out);
        }
      }
    }
    return modules;
  }

  private static LinearModule of(
      ParameterSpec.Part part, int number, int parameter, int column, boolean stored) {
    String name = part.tensor().substring(0, part.tensor().length() - WEIGHT.length());
    long first = part.shape().get(0);
    long second = part.shape().get(1);
    return stored
        ? new LinearModule(name, number, parameter, column, first, second, true)
        : new LinearModule(name, number, parameter, column, second, first, false);
  }

  /** The last part of its name: {@code q_proj}. */
  String kind() {
    return name.substring(name.lastIndexOf('.') + 1);
  }

  /**
   * The modules that targets name, as peft reads them: a target is a whole name or its end after a
   * dot.
   *
   * @param all a model's modules
   * @param targets names, {@link LoraConfig#ALL_LINEAR} or none for what is usual: the query and
   *     value projections, or a fused projection of the three
   * @throws UsageException where a target is no module's
   */
  static List<LinearModule> targeted(List<LinearModule> all, List<String> targets) {
    if (targets.equals(List.of(LoraConfig.ALL_LINEAR))) {
      return all;
    }
    List<String> names = targets.isEmpty() ? usual(all) : targets;
    for (String target : names) {
      if (all.stream().noneMatch(module -> module.isNamed(target))) {
        throw new UsageException(
            "--lora-targets: this model has no module '%s'; it has %s; or use %s"
                .formatted(target, String.join(", ", kinds(all)), LoraConfig.ALL_LINEAR));
      }
    }
    return all.stream().filter(module -> names.stream().anyMatch(module::isNamed)).toList();
  }

  private static List<String> usual(List<LinearModule> all) {
    return USUAL.stream()
        .filter(kinds(all)::containsAll)
        .findFirst()
        .orElseThrow(
            () ->
                new UsageException(
                    "--lora-targets is missing: this model has none of the usual targets; it has "
                        + String.join(", ", kinds(all))));
  }

  private boolean isNamed(String target) {
    return name.equals(target) || name.endsWith("." + target);
  }

  /** The kinds of modules, each once, in order. */
  static List<String> kinds(List<LinearModule> modules) {
    return modules.stream().map(LinearModule::kind).distinct().sorted().toList();
  }
}
