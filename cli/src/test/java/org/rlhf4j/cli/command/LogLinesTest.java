package org.rlhf4j.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** What a library logs of a file that somebody else made. */
class LogLinesTest {

  private static String line(boolean verbose) {
    LoggingEvent event =
        new LoggingEvent(
            "caller",
            new LoggerContext().getLogger("a.b.Reader"),
            Level.WARN,
            "made by {}",
            new IllegalStateException("it is \u001b[2J"),
            new Object[] {"\u001b]0;x"});
    return new String(new LogLines(verbose).encode(event), StandardCharsets.UTF_8);
  }

  @Test
  void aWarningIsOneLineWithoutControlCharacters() {
    assertThat(line(false)).isEqualTo("rlhf: made by \\u001b]0;x\n");
  }

  @Test
  void verboseShowsWhereItWas() {
    assertThat(line(true))
        .matches("(?s)[0-9:.]{12} WARN  Reader: made by \\\\u001b]0;x\n.*")
        .contains("IllegalStateException: it is \\u001b[2J\n\tat ")
        .doesNotContain("\u001b");
  }
}
