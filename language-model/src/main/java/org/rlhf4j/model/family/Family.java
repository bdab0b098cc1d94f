package org.rlhf4j.model.family;

import static java.util.Map.entry;

import java.util.List;
import java.util.Map;
import org.rlhf4j.settings.UserException;

/**
 * A family of models: what its configuration means, how its checkpoints name things, and its
 * script. {@code docs/adding-a-model.md} says how to add one.
 */
public interface Family {
  /** The tensor of a scalar model's head, as transformers names it. */
  String SCALAR_HEAD = "score.weight";

  /** The families that can be read, by {@code model_type}. */
  Map<String, Family> ALL =
      Map.ofEntries(
          entry("gpt2", new Gpt2()),
          entry("gpt_neox", new GptNeox()),
          entry("llama", new Llama()),
          entry("mistral", new Mistral()),
          entry("qwen2", new Qwen2()),
          entry("qwen3", new Qwen3()),
          entry("olmo2", new Olmo2()),
          entry("phi3", new Phi3()),
          entry("smollm3", new SmolLm3()),
          entry("stablelm", new StableLm()),
          entry("granite", new Granite()),
          entry("gemma2", new Gemma2()),
          entry("gemma3_text", new Gemma3Text()));

  /**
   * Reads what the script needs from a configuration.
   *
   * @throws UserException where it asks for what the script would compute otherwise
   */
  Blueprint read(ConfigReader config);

  /** The files of the script: a method of a later one takes the place of an earlier one's. */
  List<String> scripts();

  /** The start of the names of its classes in transformers: Llama in LlamaForCausalLM. */
  String architecture();

  /** The class of a language model in transformers. */
  default String causalClass() {
    return architecture() + "ForCausalLM";
  }

  /** The prefix of the backbone's tensors in a checkpoint with a head, such as "model.". */
  String backbonePrefix();

  /** The tensor of a language model's head where it isn't the embedding. */
  default String head() {
    return "lm_head.weight";
  }

  /** Whether a tensor of a checkpoint holds no weight (masks, inverse frequencies). */
  boolean ignores(String tensor);
}
