package org.rlhf4j.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdditionTest {

  private static final String PROMPT = "Question: Tom finds 7 shells, then 5 others. Reply:";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "7 + 5 = 12       | true",
        "7 + 5 = 12.      | true",
        "8 + 4 =12 shells | true",
        "7 + 5 = 13       | false",
        "7 + 5 = 120      | false",
        "7 + 5 = 9999999  | false",
        "12               | false",
        "7 + 5 = 11 = 12  | false",
      })
  void theNumberAfterTheFirstEqualsSignCounts(String reply, boolean right) {
    assertThat(Addition.isRight(PROMPT, reply)).isEqualTo(right);
  }
}
