package org.rlhf4j.model.family;

import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What every family keeps, of GPT-NeoX, with attention and MLP beside each other and in turn. */
class GptNeoxTest extends FamilyContract {
  GptNeoxTest() {
    super("gpt_neox");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "hidden_act | \"gelu_new\" | hidden_act = \"gelu_new\" isn't supported; supported: gelu",
        "num_attention_heads | 3 | num_attention_heads = 3 isn't supported; supported: a divisor of hidden_size 16",
        "rotary_pct | 0.4 | rotary_pct = 0.4 isn't supported; supported: a part of head size 8 that is an even number",
        "rotary_pct | 2 | rotary_pct = 2 isn't supported",
        "rope_scaling | {\"rope_type\": \"stretched\", \"factor\": 2} | rope_scaling.rope_type = \"stretched\" isn't supported",
        "use_parallel_residual | \"no\" | \"use_parallel_residual\" is \"no\"; it must be true or false"
      })
  void refusesWhatItWouldComputeWrongly(String key, String value, String reason)
      throws IOException {
    refused(key, value, reason);
  }
}
