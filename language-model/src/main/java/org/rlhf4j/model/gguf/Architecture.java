package org.rlhf4j.model.gguf;

import static org.rlhf4j.model.gguf.TensorRule.layer;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.rlhf4j.settings.UserException;

/** The architectures of llama.cpp that are read and written, and what their tensors are called. */
enum Architecture {
  LLAMA("llama", "llama", before(Layout.QUERY_PAIRS, Layout.KEY_PAIRS)),
  QWEN2("qwen2", "qwen2", before(Layout.SAME, Layout.SAME)),
  QWEN3("qwen3", "qwen3", before(Layout.SAME, Layout.SAME)),
  SMOLLM3("smollm3", "smollm3", before(Layout.QUERY_PAIRS, Layout.KEY_PAIRS)),
  OLMO2("olmo2", "olmo2", after()),
  GEMMA2("gemma2", "gemma2", around()),
  GEMMA3("gemma3", "gemma3_text", around()),
  GRANITE("granite", "granite", before(Layout.QUERY_PAIRS, Layout.KEY_PAIRS)),
  PHI3("phi3", "phi3", phi3()),
  STABLELM("stablelm", "stablelm", stableLm()),
  GPT2("gpt2", "gpt2", gpt2()),
  GPTNEOX("gptneox", "gpt_neox", gptNeox());

  private final String key;
  private final String modelType;
  private final List<TensorRule> rules;

  Architecture(String key, String modelType, List<TensorRule> rules) {
    this.key = key;
    this.modelType = modelType;
    this.rules = rules;
  }

  /** Its name in files, and the start of its keys. */
  String key() {
    return key;
  }

  /** The family that computes it. */
  String modelType() {
    return modelType;
  }

  List<TensorRule> rules() {
    return rules;
  }

  /** The one that a file names. */
  static Architecture of(GgufMetadata metadata) {
    String name = metadata.text("general.architecture");
    return Arrays.stream(values())
        .filter(architecture -> architecture.key.equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new UserException(
                    "%s: the architecture \"%s\" isn't read; read are: %s"
                        .formatted(metadata.file(), name, names())));
  }

  /** The one that a family is written as; Mistral's is that of Llama. */
  static Architecture ofFamily(String modelType, Path model) {
    String type = modelType.equals("mistral") ? "llama" : modelType;
    return Arrays.stream(values())
        .filter(architecture -> architecture.modelType.equals(type))
        .findFirst()
        .orElseThrow(
            () ->
                new UserException(
                    "%s: models of model_type \"%s\" aren't exported as GGUF; exported are: %s"
                        .formatted(model, modelType, families())));
  }

  private static String names() {
    return Arrays.stream(values())
        .map(Architecture::key)
        .sorted()
        .collect(Collectors.joining(", "));
  }

  private static String families() {
    TreeSet<String> types = new TreeSet<>(List.of("mistral"));
    Arrays.stream(values()).map(Architecture::modelType).forEach(types::add);
    return String.join(", ", types);
  }

  /** The rule of a file's tensor. */
  Optional<TensorRule> ruleOf(String stored) {
    return rules.stream().filter(rule -> rule.nameOf(stored) != null).findFirst();
  }

  /** The rule of a checkpoint's tensor. */
  Optional<TensorRule> ruleOfNamed(String tensor) {
    return rules.stream().filter(rule -> rule.storedOf(tensor) != null).findFirst();
  }

  /** Norms before attention and MLP. */
  private static List<TensorRule> before(Layout query, Layout key) {
    List<TensorRule> rules = TensorRule.llamaLike(query, key, Layout.SAME);
    rules.add(layer("attn_norm", "input_layernorm", Layout.SAME));
    rules.add(layer("ffn_norm", "post_attention_layernorm", Layout.SAME));
    return List.copyOf(rules);
  }

  /** Norms after them. */
  private static List<TensorRule> after() {
    List<TensorRule> rules = TensorRule.llamaLike(Layout.SAME, Layout.SAME, Layout.SAME);
    rules.add(layer("post_attention_norm", "post_attention_layernorm", Layout.SAME));
    rules.add(layer("post_ffw_norm", "post_feedforward_layernorm", Layout.SAME));
    return List.copyOf(rules);
  }

  /** Norms before and after them, which the files have as 1 + w. */
  private static List<TensorRule> around() {
    List<TensorRule> rules = TensorRule.llamaLike(Layout.SAME, Layout.SAME, Layout.PLUS_ONE);
    rules.add(layer("attn_norm", "input_layernorm", Layout.PLUS_ONE));
    rules.add(layer("post_attention_norm", "post_attention_layernorm", Layout.PLUS_ONE));
    rules.add(layer("ffn_norm", "pre_feedforward_layernorm", Layout.PLUS_ONE));
    rules.add(layer("post_ffw_norm", "post_feedforward_layernorm", Layout.PLUS_ONE));
    return List.copyOf(rules);
  }

  /** Llama with query, key and value in one matrix, gate and up in another. */
  private static List<TensorRule> phi3() {
    return List.of(
        new TensorRule("token_embd", "embed_tokens", Layout.SAME),
        new TensorRule("output_norm", "norm", Layout.SAME),
        new TensorRule("output", "lm_head", Layout.SAME),
        layer("attn_norm", "input_layernorm", Layout.SAME),
        layer("attn_qkv", "self_attn.qkv_proj", Layout.SAME),
        layer("attn_output", "self_attn.o_proj", Layout.SAME),
        layer("ffn_norm", "post_attention_layernorm", Layout.SAME),
        layer("ffn_up", "mlp.gate_up_proj", Layout.SAME),
        layer("ffn_down", "mlp.down_proj", Layout.SAME));
  }

  /** Llama with one norm for each head, where the model has any. */
  private static List<TensorRule> stableLm() {
    List<TensorRule> rules = new ArrayList<>(before(Layout.SAME, Layout.SAME));
    rules.removeIf(rule -> rule.stored().endsWith("_q_norm") || rule.stored().endsWith("_k_norm"));
    rules.add(layer("attn_q_norm", "self_attn.q_layernorm", Layout.BY_HEAD));
    rules.add(layer("attn_k_norm", "self_attn.k_layernorm", Layout.BY_HEAD));
    return List.copyOf(rules);
  }

  private static List<TensorRule> gpt2() {
    return List.of(
        new TensorRule("token_embd", "wte", Layout.SAME),
        new TensorRule("position_embd", "wpe", Layout.SINGLE),
        new TensorRule("output_norm", "ln_f", Layout.SAME),
        new TensorRule("output", "lm_head", Layout.SAME),
        new TensorRule("blk.*.attn_norm", "h.*.ln_1", Layout.SAME),
        new TensorRule("blk.*.attn_qkv", "h.*.attn.c_attn", Layout.TRANSPOSED),
        new TensorRule("blk.*.attn_output", "h.*.attn.c_proj", Layout.TRANSPOSED),
        new TensorRule("blk.*.ffn_norm", "h.*.ln_2", Layout.SAME),
        new TensorRule("blk.*.ffn_up", "h.*.mlp.c_fc", Layout.TRANSPOSED),
        new TensorRule("blk.*.ffn_down", "h.*.mlp.c_proj", Layout.TRANSPOSED));
  }

  private static List<TensorRule> gptNeox() {
    List<TensorRule> rules = new ArrayList<>();
    rules.add(new TensorRule("token_embd", "embed_in", Layout.SAME));
    rules.add(new TensorRule("output_norm", "final_layer_norm", Layout.SAME));
    rules.add(new TensorRule("output", "embed_out", Layout.SAME));
    rules.add(layer("attn_norm", "input_layernorm", Layout.SAME));
    rules.add(layer("attn_qkv", "attention.query_key_value", Layout.BY_KIND));
    rules.add(layer("attn_output", "attention.dense", Layout.SAME));
    rules.add(layer("ffn_norm", "post_attention_layernorm", Layout.SAME));
    rules.add(layer("ffn_up", "mlp.dense_h_to_4h", Layout.SAME));
    rules.add(layer("ffn_down", "mlp.dense_4h_to_h", Layout.SAME));
    return List.copyOf(rules);
  }
}
