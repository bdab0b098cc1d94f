package org.rlhf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class CompletionCommandTest {

  @Test
  void theScriptKnowsCommandsOptionsAndTheirValues() {
    StringWriter out = new StringWriter();
    int code =
        Rlhf.run(
            new String[] {"completion"},
            new PrintWriter(out, true),
            new PrintWriter(new StringWriter()));
    assertThat(code).isZero();
    assertThat(out.toString())
        .startsWith("#!/usr/bin/env bash")
        .contains("complete -F _complete_rlhf -o default rlhf")
        .contains("'--learning-rate'", "'--kl-coefficient'", "demo");
  }
}
