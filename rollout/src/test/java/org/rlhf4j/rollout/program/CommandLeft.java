package org.rlhf4j.rollout.program;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Starts a reward command, shows its first line, and ends as if it were killed. */
final class CommandLeft {

  /** The exit code of a process that gets SIGKILL. */
  static final int CODE = 137;

  private CommandLeft() {}

  public static void main(String[] arguments) throws IOException {
    BufferedReader output =
        ProcessTree.start(arguments[0]).command().inputReader(StandardCharsets.UTF_8);
    System.out.println(output.readLine());
    Runtime.getRuntime().halt(CODE);
  }
}
