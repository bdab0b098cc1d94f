package org.rlhf4j.cli.studio;

import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.training.display.Display;

/** A password that is typed, and never an argument, which others on the machine could read. */
final class Password {

  private static final int STDIN = 0;

  private Password() {}

  /**
   * Asks for one in the terminal, twice and unseen; without a terminal it is the first line of the
   * standard input.
   */
  static char[] read() throws IOException {
    Console console = System.console();
    if (console == null || !Display.isTerminal(STDIN)) {
      return firstLine();
    }
    char[] first = console.readPassword("password: ");
    char[] second = console.readPassword("the same again: ");
    if (first == null || !Arrays.equals(first, second)) {
      throw new UsageException("password: the two are not the same; try again");
    }
    return first;
  }

  private static char[] firstLine() throws IOException {
    String line =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
    if (line == null || line.isEmpty()) {
      throw new UsageException(
          "password: the standard input is empty; type the password in a terminal, or give it as"
              + " the first line of the input");
    }
    return line.toCharArray();
  }
}
