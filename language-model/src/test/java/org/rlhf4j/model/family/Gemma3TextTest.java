package org.rlhf4j.model.family;

import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What every family keeps, of Gemma 3. */
class Gemma3TextTest extends FamilyContract {
  Gemma3TextTest() {
    super("gemma3_text");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "hidden_activation | \"gelu\" | hidden_activation = \"gelu\" isn't supported; supported: gelu_pytorch_tanh",
        "attn_logit_softcapping | 50.0 | attn_logit_softcapping = 50.0 isn't supported; supported: null",
        "final_logit_softcapping | 30.0 | final_logit_softcapping = 30.0 isn't supported; supported: null",
        "use_bidirectional_attention | true | use_bidirectional_attention = true isn't supported; supported: false",
        "sliding_window | null | supported: sliding_attention with a sliding_window",
        "query_pre_attn_scalar | \"256\" | \"query_pre_attn_scalar\" is \"256\"; it must be a number"
      })
  void refusesWhatItWouldComputeWrongly(String key, String value, String reason)
      throws IOException {
    refused(key, value, reason);
  }
}
