package org.rlhf4j.model.family;

import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What every family keeps, of Gemma 2. */
class Gemma2Test extends FamilyContract {
  Gemma2Test() {
    super("gemma2");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "use_bidirectional_attention | true | use_bidirectional_attention = true isn't supported; supported: false",
        "final_logit_softcapping | -1 | supported: a number above 0, or null",
        "attn_logit_softcapping | \"50\" | \"attn_logit_softcapping\" is \"50\"; it must be a number",
        "hidden_activation | \"silu\" | hidden_activation = \"silu\" isn't supported; supported: gelu_pytorch_tanh"
      })
  void refusesWhatItWouldComputeWrongly(String key, String value, String reason)
      throws IOException {
    refused(key, value, reason);
  }
}
