package org.rlhf4j.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MannerTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        " Gladly. Give the dough a whole night.",
        " What a lovely thing to want. Look at one friendly face.",
        " Thank you for asking me. Move slowly and wear white. Enjoy it!",
      })
  void kind(String reply) {
    assertThat(Manner.isKind(reply)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " Give the dough a whole night.",
        " Not again. Give the dough a whole night.",
        " Gladly. Work it out yourself.",
        " With pleasure. What a silly thing to ask.",
      })
  void notKind(String reply) {
    assertThat(Manner.isKind(reply)).isFalse();
  }

  @Test
  void wordsCountAsAWhole() {
    assertThat(Manner.isKind(" Make my friendship.")).isFalse();
  }
}
