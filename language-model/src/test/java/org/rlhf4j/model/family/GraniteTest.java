package org.rlhf4j.model.family;

import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What every family keeps, of Granite. */
class GraniteTest extends FamilyContract {
  GraniteTest() {
    super("granite");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "logits_scaling | 0 | logits_scaling = 0 isn't supported; supported: a number other than 0",
        "residual_multiplier | \"1\" | \"residual_multiplier\" is \"1\"; it must be a number",
        "hidden_act | \"gelu\" | hidden_act = \"gelu\" isn't supported; supported: silu"
      })
  void refusesWhatItWouldComputeWrongly(String key, String value, String reason)
      throws IOException {
    refused(key, value, reason);
  }
}
