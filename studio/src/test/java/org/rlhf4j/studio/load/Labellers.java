package org.rlhf4j.studio.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.rlhf4j.studio.account.Account;
import org.rlhf4j.studio.account.Role;
import org.rlhf4j.studio.account.Sessions;
import org.rlhf4j.studio.label.Annotators;
import org.rlhf4j.studio.store.Store;

/**
 * Many who label over HTTP, each with a session of their own. Each sends a verdict until it is
 * answered, always with the same event, and a third of them once more.
 */
final class Labellers {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final URI studio;
  private final Load load;
  private final List<String> secrets = new ArrayList<>();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final Set<String> taken = new ConcurrentSkipListSet<>();
  private final List<Answered> answered = Collections.synchronizedList(new ArrayList<>());
  private final AtomicInteger retries = new AtomicInteger();
  private final ExecutorService threads;
  private final List<Future<?>> running = new ArrayList<>();
  private long begun;
  private long ended;

  /**
   * A verdict that was answered with the next item.
   *
   * @param sent nanoseconds after the labellers began
   * @param nanos from sending it to the answer
   */
  record Answered(long sent, long nanos) {}

  /** Accounts for them, and sessions. No password opens these accounts. */
  Labellers(Store store, URI studio, Load load) {
    this.studio = studio;
    this.load = load;
    threads = Executors.newFixedThreadPool(load.labellers());
    Clock clock = Clock.systemUTC();
    for (int i = 0; i < load.labellers(); i++) {
      String name = "labeller " + i;
      long annotator = new Annotators(store, clock).named(name);
      Role role = i == 0 ? Role.ADMIN : Role.ANNOTATOR;
      store.change(
          handle ->
              handle.execute(
                  "INSERT INTO account (annotator_id, login, role, password, created)"
                      + " VALUES (?, ?, ?, 'none', 0)",
                  annotator,
                  name,
                  role.written()));
      secrets.add(new Sessions(store, clock).begin(new Account(annotator, name, role)));
    }
  }

  /** Begins to label. */
  void begin() {
    begun = System.nanoTime();
    for (int i = 0; i < load.labellers(); i++) {
      int labeller = i;
      running.add(threads.submit(() -> label(labeller)));
    }
  }

  /** Waits until all have ended; what one of them found wrong is thrown. */
  void join() throws Exception {
    for (Future<?> one : running) {
      one.get();
    }
    ended = System.nanoTime();
    threads.shutdown();
  }

  /** The events of the verdicts that the studio has said it has. */
  Set<String> taken() {
    return taken;
  }

  /**
   * What was measured.
   *
   * @param where the store
   * @param processor seconds of processor time: of the studio, of the labellers, of the database
   */
  Figures figures(String where, double[] processor) {
    return new Figures(
        where,
        (ended - begun) / 1e9,
        taken.size(),
        List.copyOf(answered),
        retries.get(),
        processor,
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
  }

  private Void label(int labeller) throws Exception {
    Random random = new Random(labeller);
    long end = begun + TimeUnit.SECONDS.toNanos(load.seconds());
    TimeUnit.NANOSECONDS.sleep((long) (load.arrival() * labeller / load.labellers() * 1e9));
    JsonNode task = post(labeller, "next", Map.of()).get("task");
    for (int i = 0; !task.isNull(); i++) {
      TimeUnit.NANOSECONDS.sleep((long) (load.pause() * (0.5 + random.nextDouble()) * 1e9));
      if (System.nanoTime() > end) {
        break;
      }
      Map<String, Object> verdict = verdict(task, i);
      long sent = System.nanoTime();
      JsonNode answer = post(labeller, "verdicts", verdict);
      answered.add(new Answered(sent - begun, System.nanoTime() - sent));
      if (!answer.has("note")) {
        taken.add((String) verdict.get("event"));
      }
      task = i % 3 == 0 ? post(labeller, "verdicts", verdict).get("task") : answer.get("task");
    }
    return null;
  }

  private static Map<String, Object> verdict(JsonNode task, int i) {
    return Map.of(
        "event",
        UUID.randomUUID().toString(),
        "item",
        task.get("item").get("id").longValue(),
        "act",
        "answer",
        "answer",
        Map.of("better", i % 2, "strength", 1 + i % 4),
        "seconds",
        1);
  }

  /** Sends until it is answered. */
  private JsonNode post(int labeller, String what, Map<String, Object> body) throws Exception {
    String secret = secrets.get(labeller);
    HttpRequest request =
        HttpRequest.newBuilder(studio.resolve("/api/projects/p/" + what))
            .timeout(Duration.ofSeconds(60))
            .header("Cookie", "studio-" + studio.getPort() + "=" + secret)
            .header("X-Studio-Token", Sessions.token(secret))
            .POST(HttpRequest.BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body)))
            .build();
    for (; ; ) {
      try {
        HttpResponse<byte[]> answer = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
        if (answer.statusCode() == 503) {
          throw new IOException("too busy"); // as the page does, it is sent again
        }
        if (answer.statusCode() != 200) {
          throw new IllegalStateException(answer.statusCode() + " " + JSON.readTree(answer.body()));
        }
        return JSON.readTree(answer.body());
      } catch (IOException e) {
        retries.incrementAndGet();
        TimeUnit.NANOSECONDS.sleep(RETRY_NANOS);
      }
    }
  }
}
