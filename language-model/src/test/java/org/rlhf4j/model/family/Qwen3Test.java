package org.rlhf4j.model.family;

import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What every family keeps, of Qwen3. */
class Qwen3Test extends FamilyContract {
  Qwen3Test() {
    super("qwen3");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "head_dim | 7 | head_dim = 7 isn't supported; supported: an even number",
        "layer_types | [1, 2] | \"layer_types\" is [1,2]; it must be a list of strings",
        "rope_parameters | {\"rope_type\": \"linear\"} | \"rope_parameters.factor\" is missing; it must be a number",
        "rope_parameters | {\"full_attention\": {\"rope_type\": \"default\"}} | supported: one set for all layers",
        "rope_parameters | {\"partial_rotary_factor\": 0.5} | rope_parameters.partial_rotary_factor = 0.5 isn't supported"
      })
  void refusesWhatItWouldComputeWrongly(String key, String value, String reason)
      throws IOException {
    refused(key, value, reason);
  }
}
