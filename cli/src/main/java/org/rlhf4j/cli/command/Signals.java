package org.rlhf4j.cli.command;

import java.io.PrintStream;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.rlhf4j.training.StopFlag;

/**
 * What SIGINT (Ctrl-C) and SIGTERM do to a command that trains. The first one raises the {@link
 * StopFlag}, so the run ends in its step or after it; if no run is at its steps, the process ends
 * there and then. A second one ends the process at once. Java's own way, a hook, can't tell a
 * second signal.
 */
final class Signals implements AutoCloseable {

  private static final List<String> NAMES = List.of("INT", "TERM");
  private static final int EXIT_CODES = 128;

  private final StopFlag stop = new StopFlag();
  private final AtomicInteger received = new AtomicInteger();
  private final AtomicInteger first = new AtomicInteger();
  private final List<AutoCloseable> previous = new ArrayList<>();
  private final PrintStream err;
  private final String resume;

  /**
   * Handles the signals until it is closed.
   *
   * @param err takes what is said about them
   * @param resume the command line that continues what is interrupted
   */
  Signals(PrintStream err, String resume) {
    this.err = err;
    this.resume = resume;
    NAMES.forEach(this::handle);
  }

  /** Raised by the first signal. */
  StopFlag stop() {
    return stop;
  }

  /** 128 and the number of the first signal. */
  int exitCode() {
    return EXIT_CODES + first.get();
  }

  /** The last line of what was interrupted. */
  void sayInterrupted() {
    err.println("interrupted, resume with " + resume);
    err.flush();
  }

  private void received(int number) {
    boolean isFirst = received.getAndIncrement() == 0;
    if (isFirst) {
      first.set(number);
    }
    if (isFirst && stop.raise()) {
      err.println(
          "interrupted: the run ends in its step or after it, and keeps its finished steps; a"
              + " second signal ends at once");
      err.flush();
      return;
    }
    sayInterrupted();
    if (isFirst) {
      System.exit(EXIT_CODES + number);
    }
    ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
    Runtime.getRuntime().halt(EXIT_CODES + number);
  }

  /**
   * Java has signals in {@code sun.misc} alone, which javac warns of however it is used: hence by
   * name. Without it, or if the virtual machine keeps a signal to itself, that signal ends the
   * process as it does any other.
   */
  private void handle(String name) {
    try {
      Class<?> type = Class.forName("sun.misc.Signal");
      Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
      Object signal = type.getConstructor(String.class).newInstance(name);
      int number = (int) type.getMethod("getNumber").invoke(signal);
      InvocationHandler handler =
          (proxy, method, arguments) -> {
            if (method.getName().equals("handle")) {
              received(number);
              return null;
            }
            return method.invoke(this, arguments);
          };
      Object ours =
          Proxy.newProxyInstance(
              handlerType.getClassLoader(), new Class<?>[] {handlerType}, handler);
      Method handle = type.getMethod("handle", type, handlerType);
      Object before = handle.invoke(null, signal, ours);
      previous.add(() -> handle.invoke(null, signal, before));
    } catch (ReflectiveOperationException e) {
      // then signals end this process as they end any other
      previous.clear();
    }
  }

  @Override
  public void close() {
    for (AutoCloseable handler : previous) {
      try {
        handler.close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
