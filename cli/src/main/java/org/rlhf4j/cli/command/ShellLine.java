package org.rlhf4j.cli.command;

import java.util.List;
import java.util.stream.Collectors;

/** A command line as it is typed into a shell. */
public final class ShellLine {

  private static final String PLAIN = "[A-Za-z0-9_@%+=:,./-]+";

  private ShellLine() {}

  /** The words in one line; those that a shell would take apart are quoted. */
  public static String of(List<String> words) {
    return words.stream().map(ShellLine::quoted).collect(Collectors.joining(" "));
  }

  private static String quoted(String word) {
    return word.matches(PLAIN) ? word : "'" + word.replace("'", "'\\''") + "'";
  }
}
