package org.rlhf4j.studio.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class RlhfCommandTest {

  /** Words stay words, whatever is in them. */
  @Test
  void aLineIsWordsThatNoShellReads() {
    RlhfCommand command = new RlhfCommand(List.of("java", "-cp", "a b"), "Main");
    assertThat(command.line("run", "$(x) ;'\"", "y"))
        .containsExactly("java", "-cp", "a b", "Main", "run", "$(x) ;'\"", "y");
    assertThat(command.with(RlhfCommandTest.class).line())
        .containsExactly("java", "-cp", "a b", RlhfCommandTest.class.getName());
  }

  @Test
  void itIsThisJavaWithItsOptionsAndClassPath() {
    List<String> java = RlhfCommand.ofThisProcess("Main").java();
    assertThat(java.get(0)).startsWith(System.getProperty("java.home"));
    assertThat(java).endsWith("-cp", System.getProperty("java.class.path"));
    assertThat(java).noneMatch(option -> option.startsWith("-javaagent"));
  }
}
