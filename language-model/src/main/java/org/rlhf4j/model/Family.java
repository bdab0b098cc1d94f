package org.rlhf4j.model;

import java.util.List;
import java.util.Map;

/** A family of models: what its configuration means, its weights and its program. */
interface Family {
  /** The families that can be read, by {@code model_type}. */
  Map<String, Family> ALL = Map.of("gpt2", new Gpt2(), "llama", new Llama());

  /** Reads what the programs need from a configuration, and refuses what they don't compute. */
  Dimensions dimensions(ConfigReader config);

  /** The weights in the order in which the program indexes them, an untied head last. */
  List<ParameterSpec> parameters(ModelConfig config);

  /** The prefix of the backbone's tensors in a checkpoint with a head, such as "model.". */
  String backbonePrefix();

  /** The start of the architectures' names: Llama in LlamaForCausalLM. */
  String architecture();

  /** The name of the file that holds the family's part of the program. */
  String program();

  /** Whether a tensor of a checkpoint holds no weight (masks, inverse frequencies). */
  boolean ignores(String tensor);
}
