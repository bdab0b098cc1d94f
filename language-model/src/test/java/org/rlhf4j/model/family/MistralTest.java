package org.rlhf4j.model.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.model.Fixture;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.RandomTokens;
import org.rlhf4j.model.TokenTree;

/** What every family keeps, of Mistral, and its window. */
class MistralTest extends FamilyContract {
  MistralTest() {
    super("mistral");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "hidden_act | \"gelu\" | hidden_act = \"gelu\" isn't supported; supported: silu",
        "num_key_value_heads | null | \"num_key_value_heads\" is null; it must be a whole number",
        "sliding_window | 0 | \"sliding_window\" is 0; it must be a whole number of at least 1",
        "rope_parameters | {\"rope_type\": \"stretched\", \"factor\": 2} | rope_parameters.rope_type = \"stretched\" isn't supported"
      })
  void refusesWhatItWouldComputeWrongly(String key, String value, String reason)
      throws IOException {
    refused(key, value, reason);
  }

  /** Two layers that see 7 tokens each reach 2 · 6 tokens back from the one that predicts. */
  @Test
  void whatIsBehindTheWindowsOfAllLayersDoesntMatter() throws IOException {
    int[] prompt = new RandomTokens(8).ids(30);
    int[] next = {5};
    int reach = 29 - 2 * 6;
    try (LanguageModel model = LanguageModel.load(Fixture.of("mistral").folder())) {
      float[] before = logprobs(model, List.of(TokenTree.of(prompt, next)));
      prompt[reach - 1] = (prompt[reach - 1] + 1) % 97;
      float[] behind = logprobs(model, List.of(TokenTree.of(prompt, next)));
      prompt[reach] = (prompt[reach] + 1) % 97;
      float[] within = logprobs(model, List.of(TokenTree.of(prompt, next)));

      assertThat(behind[0]).isCloseTo(before[0], within(1e-6f));
      assertThat(Math.abs(within[0] - before[0])).isGreaterThan(1e-5f);
    }
  }
}
