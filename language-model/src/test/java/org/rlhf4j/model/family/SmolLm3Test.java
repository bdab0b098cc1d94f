package org.rlhf4j.model.family;

import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What every family keeps, of SmolLM3. */
class SmolLm3Test extends FamilyContract {
  SmolLm3Test() {
    super("smollm3");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "no_rope_layers | [1, 0] | no_rope_layers = [1,0] isn't supported; supported: 0 or 1 for each of 3 layers",
        "no_rope_layers | [1, 2, 1] | supported: 0 or 1 for each of 3 layers",
        "no_rope_layers | [true, false, true] | \"no_rope_layers\" is [true,false,true]; it must be a list of whole numbers",
        "use_sliding_window | false | supported: sliding_attention with a sliding_window"
      })
  void refusesWhatItWouldComputeWrongly(String key, String value, String reason)
      throws IOException {
    refused(key, value, reason);
  }
}
