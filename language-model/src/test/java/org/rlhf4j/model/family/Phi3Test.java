package org.rlhf4j.model.family;

import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What every family keeps, of Phi-3. */
class Phi3Test extends FamilyContract {
  Phi3Test() {
    super("phi3");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "hidden_act | \"gelu\" | hidden_act = \"gelu\" isn't supported; supported: silu",
        "rope_scaling | {\"type\": \"longrope\"} | \"rope_scaling.short_factor\" is missing; it must be a list of 4 numbers",
        "rope_scaling | {\"type\": \"su\", \"short_factor\": [1, 2, 3]} | \"rope_scaling.short_factor\" is [1,2,3]; it must be a list of 4 numbers",
        "rope_parameters | {\"partial_rotary_factor\": 0.4} | supported: a part of head size 8 that is an even number"
      })
  void refusesWhatItWouldComputeWrongly(String key, String value, String reason)
      throws IOException {
    refused(key, value, reason);
  }
}
