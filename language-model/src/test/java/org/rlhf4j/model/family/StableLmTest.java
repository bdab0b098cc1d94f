package org.rlhf4j.model.family;

import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What every family keeps, of StableLM. */
class StableLmTest extends FamilyContract {
  StableLmTest() {
    super("stablelm");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "hidden_act | \"gelu\" | hidden_act = \"gelu\" isn't supported; supported: silu",
        "use_parallel_residual | \"yes\" | \"use_parallel_residual\" is \"yes\"; it must be true or false",
        "rope_parameters | {\"partial_rotary_factor\": 1.5} | supported: a part of head size 8 that is an even number"
      })
  void refusesWhatItWouldComputeWrongly(String key, String value, String reason)
      throws IOException {
    refused(key, value, reason);
  }
}
