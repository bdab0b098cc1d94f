package org.rlhf4j.cli.chat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;
import org.rlhf4j.cli.command.ErrorLine;
import org.rlhf4j.settings.UserException;

/** A session line by line: what is read is said to the model, its answers are written. */
final class ChatLines {

  private final ChatSession session;
  private final PrintWriter out;
  private final PrintWriter err;
  private final boolean terminal;

  /**
   * Creates the lines of a session.
   *
   * @param out takes answers
   * @param err takes what isn't an answer
   * @param terminal whether someone types, who is then shown where
   */
  ChatLines(ChatSession session, PrintWriter out, PrintWriter err, boolean terminal) {
    this.session = session;
    this.out = out;
    this.err = err;
    this.terminal = terminal;
  }

  /**
   * Talks until {@code /exit} or the end of the input.
   *
   * @throws UserException if a message can't be answered and no one is there to send another
   */
  void talk(BufferedReader lines) throws IOException {
    for (String line = next(lines); line != null; line = next(lines)) {
      switch (line.strip()) {
        case "" -> {}
        case "/exit" -> {
          return;
        }
        case "/clear" -> session.clear();
        default -> answer(line.strip());
      }
    }
  }

  private String next(BufferedReader lines) throws IOException {
    if (terminal) {
      err.print("> ");
      err.flush();
    }
    return lines.readLine();
  }

  private void answer(String message) {
    try {
      int forgotten = session.say(message, this::show);
      out.println();
      out.flush();
      if (forgotten > 0) {
        err.printf(
            Locale.ROOT,
            "the first %d messages no longer fit, so the model doesn't see them any more%n",
            forgotten);
        err.flush();
      }
    } catch (UserException e) {
      if (!terminal) {
        throw e;
      }
      err.println(ErrorLine.of(e));
      err.flush();
    }
  }

  private void show(String text) {
    out.print(text);
    out.flush();
  }
}
