package org.rlhf4j.cli.command;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.encoder.EncoderBase;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.rlhf4j.training.display.PlainText;

/**
 * What libraries log, as a terminal may see it. A library that warns of a file may add where in its
 * code it was: that is shown with {@code --verbose} alone.
 */
final class LogLines extends EncoderBase<ILoggingEvent> {

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT).withZone(ZoneId.systemDefault());

  private final boolean verbose;

  LogLines(boolean verbose) {
    this.verbose = verbose;
  }

  @Override
  public byte[] encode(ILoggingEvent event) {
    String lines = "rlhf: " + event.getFormattedMessage() + "\n";
    if (verbose) {
      String logger = event.getLoggerName();
      String trace = ThrowableProxyUtil.asString(event.getThrowableProxy());
      lines =
          String.format(
              Locale.ROOT,
              "%s %-5s %s: %s\n%s",
              TIME.format(Instant.ofEpochMilli(event.getTimeStamp())),
              event.getLevel(),
              logger.substring(logger.lastIndexOf('.') + 1),
              event.getFormattedMessage(),
              trace);
    }
    return PlainText.of(lines).getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public byte[] headerBytes() {
    return new byte[0];
  }

  @Override
  public byte[] footerBytes() {
    return new byte[0];
  }
}
