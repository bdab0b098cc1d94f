package org.rlhf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.rlhf4j.cli.Outcome.written;

import org.junit.jupiter.api.Test;

class CompletionCommandTest {

  @Test
  void theScriptKnowsCommandsOptionsAndTheirValues() {
    assertThat(written("completion"))
        .startsWith("#!/usr/bin/env bash")
        .contains("complete -F _complete_rlhf -o default rlhf")
        .contains("'--learning-rate'", "'--kl-coefficient'", "demo");
  }
}
