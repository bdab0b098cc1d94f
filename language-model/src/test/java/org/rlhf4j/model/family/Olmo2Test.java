package org.rlhf4j.model.family;

import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What every family keeps, of OLMo 2. */
class Olmo2Test extends FamilyContract {
  Olmo2Test() {
    super("olmo2");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "hidden_act | \"swish\" | hidden_act = \"swish\" isn't supported; supported: silu",
        "num_key_value_heads | 3 | supported: a divisor of num_attention_heads 4",
        "rope_parameters | {\"rope_type\": \"mrope\"} | rope_parameters.rope_type = \"mrope\" isn't supported"
      })
  void refusesWhatItWouldComputeWrongly(String key, String value, String reason)
      throws IOException {
    refused(key, value, reason);
  }
}
