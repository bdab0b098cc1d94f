package org.rlhf4j.cli.command;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.EncoderBase;
import ch.qos.logback.core.spi.ContextAwareBase;

/**
 * Logs to stderr, as text or as JSON: warnings and errors; with {@code --verbose} everything of
 * ours and what DJL informs about. Logback finds it as a service the first time that something is
 * logged, so a command that logs nothing doesn't wait for it.
 */
public final class Logging extends ContextAwareBase implements Configurator {

  private static volatile boolean verbose;
  private static volatile boolean json;

  /** Made by logback. */
  public Logging() {}

  /** Chooses how much is logged, and how; has its effect before the first message only. */
  public static void choose(boolean all, boolean asJson) {
    verbose = all;
    json = asJson;
  }

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    EncoderBase<ILoggingEvent> encoder = json ? new JsonEncoder() : new LogLines(verbose);
    encoder.setContext(context);
    encoder.start();
    ConsoleAppender<ILoggingEvent> stderr = new ConsoleAppender<>();
    stderr.setContext(context);
    stderr.setTarget("System.err");
    stderr.setEncoder(encoder);
    stderr.start();
    context.getLogger("ROOT").setLevel(verbose ? Level.INFO : Level.WARN);
    context.getLogger("org.rlhf4j").setLevel(verbose ? Level.DEBUG : Level.WARN);
    context.getLogger("ai.djl").setLevel(verbose ? Level.INFO : Level.ERROR);
    context.getLogger("ROOT").addAppender(stderr);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }
}
