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

  private final Process process;
  private final PrintStream shown;
  private final BlockingQueue<List<String>> asked = new LinkedBlockingQueue<>();

  /** Lines of its output, then an empty one for its end. */
  private final BlockingQueue<Optional<String>> answers =
      new ArrayBlockingQueue<>(MOST_ANSWERS_AHEAD);

  private final Deque<String> lastWords = new ArrayDeque<>();
  private final List<Thread> threads;
  private final Thread atExit = new Thread(this::kill, "reward command's end");

  private CommandProcess(Process process, PrintStream shown) {
    this.process = process;
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
      Process process = new ProcessBuilder("sh", "-c", command).start();
      CommandProcess running = new CommandProcess(process, shown);
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
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
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
      lines(process.getInputStream(), line -> answers.put(Optional.of(line)));
      answers.put(Optional.empty());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void show() {
    try {
      lines(
          process.getErrorStream(),
          line -> {
            shown.println("reward command: " + line);
            synchronized (lastWords) {
              lastWords.add(line);
              if (lastWords.size() > LAST_WORDS) {
                lastWords.remove();
              }
            }
          });
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @FunctionalInterface
  private interface LineTaker {
    void take(String line) throws InterruptedException;
  }

  private static void lines(InputStream stream, LineTaker taker) throws InterruptedException {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        taker.take(line);
      }
    } catch (IOException e) {
      return; // closed by its end
    }
  }
}
