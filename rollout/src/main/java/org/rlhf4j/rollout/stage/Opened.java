package org.rlhf4j.rollout.stage;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import java.util.function.Function;

/** What was opened one after the other. It is closed in the opposite order. */
public final class Opened implements AutoCloseable {
  private final Deque<Runnable> closing = new ArrayDeque<>();

  /** Nothing yet. */
  public Opened() {}

  /**
   * Makes something of parts that have to be closed; a failure closes those that are open.
   *
   * @param open adds each part as it opens it
   * @param <T> what is made of them
   * @return what was made, whose business the parts are from then on
   */
  public static <T> T allOrNone(Function<Opened, T> open) {
    Opened opened = new Opened();
    try {
      return open.apply(opened);
    } catch (RuntimeException | Error e) {
      opened.close();
      throw e;
    }
  }

  /**
   * Adds a part.
   *
   * @param part just opened
   * @param close how it is closed
   * @param <P> its type
   * @return the part
   */
  public <P> P add(P part, Consumer<? super P> close) {
    closing.push(() -> close.accept(part));
    return part;
  }

  /** Closes each part once, the last one first. */
  @Override
  public void close() {
    while (!closing.isEmpty()) {
      closing.pop().run();
    }
  }
}
