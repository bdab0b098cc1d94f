package org.rlhf4j.model.family;

import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What every family keeps, of Qwen2. */
class Qwen2Test extends FamilyContract {
  Qwen2Test() {
    super("qwen2");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "hidden_act | \"relu\" | hidden_act = \"relu\" isn't supported; supported: silu",
        "layer_types | [\"full_attention\"] | supported: full_attention or sliding_attention for each of 2 layers",
        "layer_types | [\"full_attention\", \"chunked_attention\"] | for each of 2 layers",
        "layer_types | [\"full_attention\", \"sliding_attention\"] | supported: sliding_attention with a sliding_window",
        "layer_types | \"all\" | supported: full_attention or sliding_attention for each of 2 layers",
        "use_sliding_window | 1 | \"use_sliding_window\" is 1; it must be true or false",
        "rope_scaling | {\"type\": \"mrope\"} | rope_scaling.type = \"mrope\" isn't supported; supported: rope_type default"
      })
  void refusesWhatItWouldComputeWrongly(String key, String value, String reason)
      throws IOException {
    refused(key, value, reason);
  }
}
