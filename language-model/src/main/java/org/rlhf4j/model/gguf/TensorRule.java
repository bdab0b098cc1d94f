package org.rlhf4j.model.gguf;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What tensors are called in a GGUF file and in a checkpoint, without {@code .weight} and {@code
 * .bias}; {@code *} stands for the layer's number.
 *
 * @param stored the name in a GGUF file
 * @param named the name in a checkpoint, without the backbone's prefix
 * @param layout how it lies in the file
 */
record TensorRule(String stored, String named, Layout layout) {
  private static final List<String> KINDS = List.of(".weight", ".bias");
  private static final String HEADS = ".norms."; // before a head's number in a checkpoint

  /** The checkpoint's name of a tensor of a file, or null if this rule isn't about it. */
  String nameOf(String tensor) {
    return translated(tensor, stored, named);
  }

  /** The file's name of a tensor of a checkpoint, or null. */
  String storedOf(String tensor) {
    return translated(tensor, named, stored);
  }

  /** The checkpoint's name of a head's part of a tensor that has a row for each head. */
  static String nameOfHead(String name, int head) {
    int dot = name.lastIndexOf('.');
    return name.substring(0, dot) + HEADS + head + name.substring(dot);
  }

  /** The other way round: any other name stays as it is. */
  static String nameOfHeads(String name) {
    return name.replaceFirst(Pattern.quote(HEADS) + "\\d+(?=\\.\\w+$)", "");
  }

  private static String translated(String tensor, String from, String to) {
    for (String kind : KINDS) {
      if (!tensor.endsWith(kind)) {
        continue;
      }
      String stem = tensor.substring(0, tensor.length() - kind.length());
      int star = from.indexOf('*');
      if (star < 0) {
        return stem.equals(from) ? to + kind : null;
      }
      String before = from.substring(0, star);
      String after = from.substring(star + 1);
      if (stem.length() > from.length() - 1 && stem.startsWith(before) && stem.endsWith(after)) {
        String layer = stem.substring(star, stem.length() - after.length());
        return layer.matches("0|[1-9]\\d{0,5}") ? to.replace("*", layer) + kind : null;
      }
    }
    return null;
  }

  /** The rules of models like Llama, whose queries and keys lie as given. */
  static List<TensorRule> llamaLike(Layout query, Layout key, Layout norm) {
    List<TensorRule> rules = new ArrayList<>();
    rules.add(new TensorRule("token_embd", "embed_tokens", Layout.SAME));
    rules.add(new TensorRule("output_norm", "norm", norm));
    rules.add(new TensorRule("output", "lm_head", Layout.SAME));
    rules.add(layer("attn_q", "self_attn.q_proj", query));
    rules.add(layer("attn_k", "self_attn.k_proj", key));
    rules.add(layer("attn_v", "self_attn.v_proj", Layout.SAME));
    rules.add(layer("attn_output", "self_attn.o_proj", Layout.SAME));
    rules.add(layer("attn_q_norm", "self_attn.q_norm", norm));
    rules.add(layer("attn_k_norm", "self_attn.k_norm", norm));
    rules.add(layer("ffn_gate", "mlp.gate_proj", Layout.SAME));
    rules.add(layer("ffn_up", "mlp.up_proj", Layout.SAME));
    rules.add(layer("ffn_down", "mlp.down_proj", Layout.SAME));
    return rules;
  }

  /** A rule of a tensor that each layer has. */
  static TensorRule layer(String stored, String named, Layout layout) {
    return new TensorRule("blk.*." + stored, "layers.*." + named, layout);
  }
}
