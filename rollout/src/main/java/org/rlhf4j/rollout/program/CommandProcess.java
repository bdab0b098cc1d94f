package org.rlhf4j.rollout.program;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.rlhf4j.settings.UserException;

/**
 * A running command that takes lines and answers each with a line. Writing, reading and its error
 * stream have a thread each, so neither side waits for the other with a full pipe.
 */
final class CommandProcess {
  private static final int MOST_ANSWERS_AHEAD = 4096;
  private static final int LAST_WORDS = 5;

  /** How long a command may take to end once its input has; then it is killed. */
  private static final Duration GRACE = Duration.ofSeconds(2);

  /** The longest line that a command may write, in characters. */
  private static final int LONGEST_ANSWER = 1 << 20;

  /** How much of a line and how many lines of its error stream are shown. */
  private static final int LONGEST_ERROR = 2000;

  private static final int MOST_ERRORS = 1000;

  private final ProcessTree tree;
  private final Process process;
  private final PrintStream shown;
  private final BlockingQueue<List<String>> asked = new LinkedBlockingQueue<>();

  /** Lines of its output, then an empty one for its end. */
  private final BlockingQueue<Optional<String>> answers =
      new ArrayBlockingQueue<>(MOST_ANSWERS_AHEAD);

  private int errors; // lines, counted by the thread that shows them
  private volatile boolean killed;

  private final Deque<String> lastWords = new ArrayDeque<>();
  private final List<Thread> threads;
  private final Thread atExit = new Thread(this::kill, "reward command's end");

  private CommandProcess(ProcessTree tree, PrintStream shown) {
    this.tree = tree;
    this.process = tree.command();
    this.shown = shown;
    this.threads =
        List.of(
            thread("input", this::write),
            thread("output", this::read),
            thread("errors", this::show));
  }

  /**
   * Starts a command.
   *
   * @param command as a shell reads it
   * @param shown takes what it writes to its error stream
   */
  static CommandProcess start(String command, PrintStream shown) {
    try {
      CommandProcess running = new CommandProcess(ProcessTree.start(command), shown);
      running.threads.forEach(Thread::start);
      Runtime.getRuntime().addShutdownHook(running.atExit);
      return running;
    } catch (IOException e) {
      throw new UserException("--reward command: can't start sh: " + e.getMessage(), e);
    }
  }

  private static Thread thread(String what, Runnable work) {
    Thread thread = new Thread(work, "reward command's " + what);
    thread.setDaemon(true);
    return thread;
  }

  /** Sends lines; an empty list ends its input. */
  void send(List<String> lines) {
    asked.add(lines);
  }

  /** The next line of its output, where it is there already. */
  Optional<String> spoken() {
    Optional<String> next = answers.peek();
    return next == null ? Optional.empty() : next;
  }

  /**
   * The next line of its output.
   *
   * @param timeout how long to wait for it
   * @throws CommandStoppedException where there is none by then, or the command has ended
   */
  String answer(Duration timeout) throws CommandStoppedException, InterruptedException {
    Optional<String> answer = answers.poll(timeout.toMillis(), TimeUnit.MILLISECONDS);
    if (answer == null) {
      throw new CommandStoppedException(
          "gave no answer for %s seconds (--reward-timeout; the command must flush each line)"
              .formatted(timeout.toMillis() / 1000.0));
    }
    if (answer.isEmpty()) {
      throw new CommandStoppedException(
          process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS)
              ? "ended with exit code " + process.exitValue()
              : "closed its output");
    }
    if (answer.get().length() > LONGEST_ANSWER) {
      throw new CommandStoppedException(
          "wrote a line of more than " + LONGEST_ANSWER + " characters");
    }
    return answer.get();
  }

  /** The last lines of its error stream, to follow a message; empty where it said nothing. */
  String lastWords() throws InterruptedException {
    if (!process.isAlive()) {
      threads.get(2).join(GRACE.toMillis());
    }
    synchronized (lastWords) {
      return lastWords.isEmpty() ? "" : "; it said: " + String.join(" | ", lastWords);
    }
  }

  /** Ends its input, waits a little for its end, and kills what is left. */
  void close() {
    send(List.of());
    try {
      process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    stop();
  }

  /** Kills it with all that it has started. */
  void stop() {
    kill();
    threads.forEach(Thread::interrupt);
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      return; // the machine is going down, and the hook with it
    }
  }

  private void kill() {
    killed |= process.isAlive();
    tree.kill();
  }

  private void write() {
    try (BufferedWriter input = process.outputWriter(StandardCharsets.UTF_8)) {
      for (List<String> lines = asked.take(); !lines.isEmpty(); lines = asked.take()) {
        for (String line : lines) {
          input.write(line);
          input.write('\n');
        }
        input.flush();
      }
    } catch (IOException e) {
      return; // it no longer reads; whether it answers is seen on its output
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void read() {
    try {
      lines(process.getInputStream(), LONGEST_ANSWER, line -> answers.put(Optional.of(line)));
      answers.put(Optional.empty());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void show() {
    try {
      lines(process.getErrorStream(), LONGEST_ERROR, this::showError);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void showError(String line) {
    if (killed && line.equals("Killed")) {
      return; // its shell says that it was killed
    }
    String cut = line.length() > LONGEST_ERROR ? line.substring(0, LONGEST_ERROR) + "…" : line;
    errors++;
    if (errors <= MOST_ERRORS) {
      shown.println("reward command: " + cut);
    } else if (errors == MOST_ERRORS + 1) {
      shown.println("reward command: more than " + MOST_ERRORS + " lines; no more are shown");
    }
    synchronized (lastWords) {
      lastWords.add(cut);
      if (lastWords.size() > LAST_WORDS) {
        lastWords.remove();
      }
    }
  }

  @FunctionalInterface
  private interface LineTaker {
    void take(String line) throws InterruptedException;
  }

  /**
   * Takes a stream line by line, of each line the first {@code longest} characters and one more.
   */
  private static void lines(InputStream stream, int longest, LineTaker taker)
      throws InterruptedException {
    try (BufferedReader text =
        new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
      StringBuilder line = new StringBuilder();
      boolean begun = false;
      for (int c = text.read(); c >= 0; c = text.read()) {
        begun = c != '\n';
        if (!begun) {
          taker.take(withoutReturn(line));
          line.setLength(0);
        } else if (line.length() <= longest) {
          line.append((char) c);
        }
      }
      if (begun) {
        taker.take(withoutReturn(line));
      }
    } catch (IOException e) {
      return; // closed by its end
    }
  }

  private static String withoutReturn(StringBuilder line) {
    int end = line.length();
    return line.substring(0, end > 0 && line.charAt(end - 1) == '\r' ? end - 1 : end);
  }
}
