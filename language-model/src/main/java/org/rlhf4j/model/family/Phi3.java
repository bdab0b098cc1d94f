package org.rlhf4j.model.family;

import static org.rlhf4j.model.family.LayerWeights.out;

import java.util.List;
import org.rlhf4j.model.family.LayerWeights.Out;

/**
 * Phi-3 and Phi-4-mini: Llama whose checkpoints have query, key and value in one matrix, gate and
 * up in another; a part of each head is turned (Abdin et al. 2024).
 */
final class Phi3 extends LlamaLike {
  Phi3() {
    super(new Defaults(4096, 1e-5, 10_000, false));
  }

  @Override
  Out[] qkv(long queries, long keys) {
    return new Out[] {out("self_attn.qkv_proj", queries + 2 * keys)};
  }

  @Override
  Out[] gateAndUp(long each) {
    return new Out[] {out("mlp.gate_up_proj", 2 * each)};
  }

  @Override
  boolean qkvBias(ConfigReader config) {
    return false;
  }

  @Override
  boolean outputBias(ConfigReader config) {
    return false;
  }

  @Override
  SlidingWindow window(ConfigReader config, int layers) {
    return SlidingWindow.everywhere(config.positiveOrNull("sliding_window", 0), layers);
  }

  @Override
  int turnedSize(ConfigReader config, Dimensions d) {
    return Rotary.part(config, d.headSize(), 1);
  }

  @Override
  public List<String> scripts() {
    return List.of("rotary.py", "llama.py", "partial_rotary.py");
  }

  @Override
  public String architecture() {
    return "Phi3";
  }
}
