package org.rlhf4j.rollout.program;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import org.rlhf4j.settings.UsageException;

/** The programs that {@code --reward} can name. */
public enum ProgramKind {
  /** The completion is the answer. */
  EXACT_MATCH("", (argument, surroundings) -> new ExactMatch()),
  /** The number after a marker is the answer's. */
  NUMBER_AFTER("MARKER", (argument, surroundings) -> new NumberAfter(argument)),
  /** A pattern is found, or what it captures is the answer. */
  REGEX("PATTERN", (argument, surroundings) -> RegularExpression.of(argument)),
  /** The completion consists of named sections. */
  FORMAT("TAG,TAG", (argument, surroundings) -> Format.of(argument)),
  /** Tokens beyond a length cost. */
  LENGTH_PENALTY("FROM-TO", (argument, surroundings) -> LengthPenalty.of(argument)),
  /** Saying again what was said costs. */
  REPETITION_PENALTY("[RUN]", (argument, surroundings) -> RepetitionPenalty.of(argument)),
  /** A language model is asked. */
  JUDGE(
      "MODEL?prompt=FILE", (argument, surroundings) -> Judge.open(argument, surroundings.shown())),
  /** A user's class. */
  CLASS("[JAR]#CLASS", (argument, surroundings) -> JarProgram.open(argument)),
  /** A user's command. */
  COMMAND(
      "COMMAND",
      (argument, surroundings) ->
          new CommandProgram(argument, surroundings.timeout(), surroundings.shown()));

  /**
   * What a user's command needs beside itself.
   *
   * @param timeout how long it may keep silent while an answer is due
   * @param shown takes its error stream
   */
  public record Surroundings(Duration timeout, PrintStream shown) {}

  private interface Maker {
    RewardProgram open(String argument, Surroundings surroundings);
  }

  private final String argumentForm;
  private final Maker maker;

  ProgramKind(String argumentForm, Maker maker) {
    this.argumentForm = argumentForm;
    this.maker = maker;
  }

  /** Its name as a user writes it. */
  public String written() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Whether what it judges by is the user's own, so that nothing is known of it beforehand. */
  public boolean isUsers() {
    return this == CLASS || this == COMMAND || this == JUDGE;
  }

  /**
   * Checks an argument without loading or starting anything.
   *
   * @param argument what follows the colon; empty where there is none
   * @throws UsageException where it doesn't suit
   */
  void check(String argument) {
    if (argumentForm.isEmpty() && !argument.isEmpty()) {
      throw new UsageException(written() + " takes no argument, not '" + argument + "'");
    }
    if (this == CLASS) {
      JarProgram.jar(argument);
    } else if (this == JUDGE) {
      Judge.Named.parse(argument);
    } else if (this == COMMAND && argument.isBlank()) {
      throw new UsageException("command needs a command, such as command:python3 score.py");
    } else if (!isUsers()) {
      maker.open(argument, null);
    }
  }

  RewardProgram open(String argument, Surroundings surroundings) {
    return maker.open(argument, surroundings);
  }
}
