package org.rlhf4j.studio.label;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.studio.runs.WatchedRuns;
import org.rlhf4j.studio.store.Store;
import org.rlhf4j.studio.web.StudioServer;

/**
 * Twenty labellers at once over HTTP, each with a studio of their own name on the same store, who
 * answer for ten seconds as fast as they can and send a third of their verdicts twice.
 */
class LoadTest {

  private static final int LABELLERS = 20;
  private static final int TARGET = 2;
  private static final long TIME = TimeUnit.SECONDS.toNanos(10);
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;
  private final HttpClient client = HttpClient.newHttpClient();
  private final Set<String> taken = new ConcurrentSkipListSet<>();

  @Test
  void everyVerdictIsThereOnceAndNoItemHasTooMany() throws Exception {
    try (Store store = Store.open(folder.toString())) {
      Labels labels = new Labels(store, Clock.systemUTC());
      Project project =
          labels.projects().change(Labelled.project(labels, "p", Labelled.pairs(400)), "", TARGET);
      List<StudioServer> servers = new ArrayList<>();
      for (int i = 0; i < LABELLERS; i++) {
        servers.add(
            StudioServer.start(
                new StudioServer.Listening("127.0.0.1", 0, Optional.empty()),
                new WatchedRuns(folder.resolve("runs")),
                new Labels(store, Clock.systemUTC(), "labeller " + i),
                Optional.empty()));
      }
      label(servers);
      servers.forEach(StudioServer::close);
      assertThat(events(store)).isEqualTo(new TreeSet<>(taken)).hasSizeGreaterThan(LABELLERS);
      assertThat(count(store, "item WHERE answers > " + TARGET)).isZero();
      assertThat(
              count(
                  store,
                  "item WHERE answers <> (SELECT COUNT(*) FROM standing WHERE item_id = item.id)"))
          .isZero();
      assertThat(labels.labelling().progress(project, labels.annotator()).items()).isEqualTo(400);
    }
  }

  private void label(List<StudioServer> servers) throws Exception {
    long end = System.nanoTime() + TIME;
    ExecutorService threads = Executors.newFixedThreadPool(LABELLERS);
    List<Future<?>> running = new ArrayList<>();
    for (StudioServer server : servers) {
      running.add(threads.submit(() -> labelUntil(end, server.address())));
    }
    for (Future<?> one : running) {
      one.get();
    }
    threads.shutdown();
  }

  private Void labelUntil(long end, URI studio) throws Exception {
    String token = send(HttpRequest.newBuilder(studio.resolve("/api/state"))).get("token").asText();
    JsonNode task = post(studio, token, "next", Map.of()).get("task");
    for (int i = 0; !task.isNull() && System.nanoTime() < end; i++) {
      String event = UUID.randomUUID().toString();
      Map<String, Object> verdict =
          Map.of(
              "event",
              event,
              "item",
              task.get("item").get("id").longValue(),
              "act",
              "answer",
              "answer",
              Map.of("better", i % 2, "strength", 1 + i % 4),
              "seconds",
              1);
      JsonNode answer = post(studio, token, "verdicts", verdict);
      if (!answer.has("note")) {
        taken.add(event);
      }
      task = i % 3 == 0 ? post(studio, token, "verdicts", verdict).get("task") : answer.get("task");
    }
    return null;
  }

  private JsonNode post(URI studio, String token, String what, Map<String, Object> body)
      throws Exception {
    return send(
        HttpRequest.newBuilder(studio.resolve("/api/projects/p/" + what))
            .header("X-Studio-Token", token)
            .POST(HttpRequest.BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body))));
  }

  private JsonNode send(HttpRequest.Builder request) throws Exception {
    HttpResponse<byte[]> answer =
        client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    assertThat(answer.statusCode()).isEqualTo(200);
    return JSON.readTree(answer.body());
  }

  private static Set<String> events(Store store) {
    return store.read(
        handle ->
            new TreeSet<>(
                handle.createQuery("SELECT event FROM verdict").mapTo(String.class).list()));
  }

  private static int count(Store store, String table) {
    return store.read(
        handle -> handle.createQuery("SELECT COUNT(*) FROM " + table).mapTo(Integer.class).one());
  }
}
