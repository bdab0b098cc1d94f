package org.rlhf4j.rollout.server;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.rlhf4j.model.sampling.Sampled;
import org.rlhf4j.settings.UserException;

/**
 * Shares completions out to servers that have the same adapter. Each goes to the one with the
 * fewest in work; where a server fails, what it had goes to the others.
 */
final class RolloutServers implements AutoCloseable {
  private final List<RolloutServer> all;
  private final int atOnce;
  private final ExecutorService threads;
  private final Map<RolloutServer, Integer> inWork = new HashMap<>();
  private final Map<RolloutServer, String> lost = new LinkedHashMap<>();

  /**
   * Makes the threads that wait for answers.
   *
   * @param all at least one server
   * @param atOnce completions that each is asked for at once
   */
  RolloutServers(List<RolloutServer> all, int atOnce) {
    this.all = List.copyOf(all);
    this.atOnce = atOnce;
    this.threads =
        Executors.newFixedThreadPool(
            atOnce * all.size(),
            work -> {
              Thread thread = new Thread(work, "rollout-server");
              thread.setDaemon(true);
              return thread;
            });
  }

  List<RolloutServer> all() {
    return all;
  }

  /** Leaves a server out until {@link #takeBack}. */
  synchronized void lose(RolloutServer server, ServerFailure failure) {
    lost.putIfAbsent(server, failure.getMessage());
    notifyAll();
  }

  /** Asks a server again, which has the adapter. */
  synchronized void takeBack(RolloutServer server) {
    lost.remove(server);
    notifyAll();
  }

  /** Whether a server is left out. */
  synchronized boolean isLost(RolloutServer server) {
    return lost.containsKey(server);
  }

  /** How many servers are left out. */
  synchronized int lost() {
    return lost.size();
  }

  /** That none is left, and why. */
  synchronized UserException noneLeft() {
    List<String> reasons = new ArrayList<>();
    lost.forEach((server, why) -> reasons.add(server.address() + " " + why));
    return new UserException(
        "no rollout server is left: "
            + String.join("; ", reasons)
            + "; start them again and continue with --resume");
  }

  /**
   * Asks for a completion.
   *
   * @param model an adapter that all servers have which aren't left out
   * @param prompt its ids
   * @param seed of the draws
   * @param sampling how to draw
   * @return the completion, or the failure that ends the run
   */
  Future<Sampled> submit(String model, int[] prompt, long seed, ServedSampling sampling) {
    return threads.submit(() -> complete(model, prompt, seed, sampling));
  }

  private Sampled complete(String model, int[] prompt, long seed, ServedSampling sampling)
      throws InterruptedException {
    while (true) {
      RolloutServer server = acquire();
      try {
        return server.complete(model, prompt, seed, sampling);
      } catch (ServerFailure e) {
        lose(server, e);
      } finally {
        release(server);
      }
    }
  }

  private synchronized RolloutServer acquire() throws InterruptedException {
    while (true) {
      RolloutServer least = null;
      for (RolloutServer server : all) {
        if (!lost.containsKey(server) && (least == null || work(server) < work(least))) {
          least = server;
        }
      }
      if (least == null) {
        throw noneLeft();
      }
      if (work(least) < atOnce) {
        inWork.merge(least, 1, Integer::sum);
        return least;
      }
      wait();
    }
  }

  private int work(RolloutServer server) {
    return inWork.getOrDefault(server, 0);
  }

  private synchronized void release(RolloutServer server) {
    inWork.merge(server, -1, Integer::sum);
    notifyAll();
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
