package org.rlhf4j.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LoggingTest {
  @AfterEach
  void asUsual() {
    Logging.choose(false, false);
  }

  /**
   * Libraries log an error with its trace before they throw it, and our own line says what it is.
   */
  @Test
  void aTraceIsShownOnlyWhereEverythingIs() {
    assertThat(logged(false)).isEqualTo("rlhf: Cannot copy jni files" + System.lineSeparator());
    assertThat(logged(true))
        .contains("ERROR LibUtils: Cannot copy jni files")
        .contains("java.io.IOException: /x")
        .contains("at org.rlhf4j.cli.command.LoggingTest");
  }

  private static String logged(boolean everything) {
    Logging.choose(everything, false);
    PrintStream usual = System.err;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    try {
      LoggerContext context = new LoggerContext();
      context.setMDCAdapter(new LogbackMDCAdapter());
      new Logging().configure(context);
      context.getLogger("ai.djl.LibUtils").error("Cannot copy jni files", new IOException("/x"));
      context.stop();
    } finally {
      System.setErr(usual);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
