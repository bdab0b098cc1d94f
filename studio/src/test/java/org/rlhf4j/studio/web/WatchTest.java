package org.rlhf4j.studio.web;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Writer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.studio.label.Labelled;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.runs.WatchedRuns;

/**
 * Long runs, ten at once, over HTTP and in a browser. {@code -Dstudio.watch.steps=100000} makes
 * them long; how soon they are drawn is printed, and not judged.
 */
class WatchTest {

  private static final int STEPS = Integer.getInteger("studio.watch.steps", 3_000);
  private static final int RUNS = 10;
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;
  private Labels labels;
  private StudioServer server;

  @BeforeEach
  void start() throws IOException {
    for (int run = 0; run < RUNS; run++) {
      steps("run" + run, 1, STEPS);
    }
    labels = Labelled.in(folder.resolve("store"));
    server =
        StudioServer.start(
            new StudioServer.Listening("127.0.0.1", 0, Optional.empty()),
            new WatchedRuns(folder),
            labels,
            Optional.empty());
  }

  @AfterEach
  void stop() {
    server.close();
    labels.store().close();
  }

  private void steps(String run, int from, int to) throws IOException {
    Path home = Files.createDirectories(folder.resolve(run));
    Files.writeString(home.resolve("config.yaml"), "stage: sft\n");
    try (Writer lines =
        Files.newBufferedWriter(
            home.resolve("metrics.jsonl"), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      for (int step = from; step <= to; step++) {
        lines.write(
            String.format(
                Locale.ROOT,
                "{\"step\":%d,\"loss\":%.4f,\"lr\":%.3e,\"gradient_norm\":%.4f,\"tokens\":%d,"
                    + "\"seconds\":%.3f,\"kl\":%.5f,\"reward\":%.4f}%n",
                step,
                1 + Math.sin(step / 50.0),
                1e-3 / step,
                2 + Math.cos(step / 9.0),
                900 + step % 100,
                0.1 + step % 7 / 100.0,
                step * 1e-5,
                Math.sin(step / 300.0)));
      }
    }
  }

  private String runs(int count) {
    return IntStream.range(0, count).mapToObj(i -> "run=run" + i).collect(Collectors.joining("&"));
  }

  /** What a stream brings: the steps of each run, and the id of its last event. */
  private static final class Heard {
    private final List<List<Integer>> steps = new ArrayList<>();
    private String id = "";

    Heard() {
      for (int run = 0; run < RUNS; run++) {
        steps.add(new ArrayList<>());
      }
    }

    /** Listens until each run's last step is there, and then breaks the connection. */
    void listen(URI studio, String query, int last) throws Exception {
      HttpRequest request =
          HttpRequest.newBuilder(studio.resolve("/api/runs/watch?" + query))
              .header("Last-Event-ID", id)
              .build();
      InputStream body =
          HttpClient.newHttpClient()
              .send(request, HttpResponse.BodyHandlers.ofInputStream())
              .body();
      try (BufferedReader lines =
          new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
        while (steps.stream().anyMatch(of -> of.isEmpty() || of.get(of.size() - 1) < last)) {
          take(lines.readLine());
        }
      }
    }

    private void take(String line) throws IOException {
      if (line.startsWith("id:")) {
        id = line.substring(3).strip();
      } else if (line.startsWith("data:")) {
        JsonNode data = JSON.readTree(line.substring(5));
        data.path("steps")
            .forEach(step -> steps.get(data.get("run").intValue()).add(step.intValue()));
      }
    }
  }

  /** The connection breaks while ten runs learn: each new step comes once, and none is missing. */
  @Test
  void tenRunsGoOnWithoutAGapAfterABreak() throws Exception {
    Heard heard = new Heard();
    heard.listen(server.address(), runs(RUNS), STEPS);
    for (int run = 0; run < RUNS; run++) {
      steps("run" + run, STEPS + 1, STEPS + 40);
    }
    heard.listen(server.address(), runs(RUNS), STEPS + 40);
    for (int run = 0; run < RUNS; run++) {
      List<Integer> steps = heard.steps.get(run);
      assertThat(steps).as("in order, and nothing twice").doesNotHaveDuplicates().isSorted();
      assertThat(steps).containsAll(IntStream.rangeClosed(STEPS + 1, STEPS + 40).boxed().toList());
      assertThat(steps.get(0)).isEqualTo(1);
    }
  }

  @Test
  @EnabledIf(
      value = "org.rlhf4j.testing.Browser#isInstalled",
      disabledReason = "no Chromium on the PATH: the page isn't looked at in a browser")
  void longRunsAreDrawn() throws IOException {
    try (StudioPage page = StudioPage.start(server.address())) {
      for (int count : new int[] {1, 1, RUNS, RUNS}) {
        page.open("#/runs?" + runs(count));
        page.waitFor("document.documentElement.dataset.live === '" + STEPS + "'", 60);
        page.waitFor(
            "[...Array("
                + count
                + ").keys()].every((i) => document.querySelector('#curves .readout')"
                + "?.textContent.includes('run' + i))",
            60);
        System.out.printf(
            Locale.ROOT,
            "%,d steps, %d runs: drawn %.0f ms after the page was asked for%n",
            STEPS,
            count,
            page.browser().evaluate("performance.now()").doubleValue());
        assertThat(page.browser().count("article.run")).isEqualTo(count);
      }
      page.requireNothingWrong();
    }
  }
}
