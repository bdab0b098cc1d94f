package org.rlhf4j.studio.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.studio.label.Labelled;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.runs.WatchedRuns;

/** What the studio refuses, whatever a page of another site or another name asks of it. */
class GuardTest {

  @TempDir static Path folder;
  private static StudioServer server;
  private static URI studio;

  private static Labels labels;

  @BeforeAll
  static void start() {
    labels = Labelled.in(folder.resolve("store"));
    server =
        StudioServer.start(
            new StudioServer.Listening(
                "127.0.0.1", 0, Optional.of(URI.create("https://studio.example.org"))),
            new WatchedRuns(folder),
            labels,
            Optional.empty());
    studio = server.address();
  }

  @AfterAll
  static void stop() {
    server.close();
    labels.store().close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/api/state", "/api/runs", "/api/runs/watch?run=a", "/files/app.js"})
  void aNameThatWasMadeToPointHereGetsNothing(String path) throws IOException {
    Request.Answer answer =
        Request.get(studio, path).with("Host", "evil.example:" + studio.getPort()).send();
    assertThat(answer.status()).isEqualTo(403);
    assertThat(answer.body()).contains("isn't known under this name");
  }

  @ParameterizedTest
  @CsvSource({
    "localhost, 200",
    "LOCALHOST, 200",
    "[::1], 200",
    "127.0.0.1, 200",
    "127.0.0.1.evil.example, 403",
    "0.0.0.0, 403"
  })
  void theStudioAnswersToItsOwnNames(String host, int status) throws IOException {
    Request request = Request.get(studio, "/api/state").with("Host", host + ":" + studio.getPort());
    assertThat(request.send().status()).isEqualTo(status);
  }

  @Test
  void thePortIsAPartOfTheName() throws IOException {
    assertThat(Request.get(studio, "/api/state").with("Host", "127.0.0.1:1").send().status())
        .isEqualTo(403);
    assertThat(Request.get(studio, "/api/state").with("Host", "studio.example.org").send().status())
        .isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"https://evil.example", "null", "http://localhost:1", "http://studio.example.org"})
  void aPageOfAnotherOriginReadsNothing(String origin) throws IOException {
    for (String path : new String[] {"/api/state", "/api/runs", "/api/runs/watch?run=a"}) {
      Request.Answer answer = Request.get(studio, path).with("Origin", origin).send();
      assertThat(answer.status()).as(path).isEqualTo(403);
      assertThat(answer.head()).doesNotContain("Access-Control-Allow-Origin");
    }
  }

  /** A script or an image of another site sends no Origin, but a browser says where it is from. */
  @Test
  void aTagOfAnotherSiteReadsNothing() throws IOException {
    Request tag = Request.get(studio, "/api/state").with("Sec-Fetch-Site", "cross-site");
    assertThat(tag.with("Sec-Fetch-Mode", "no-cors").send().status()).isEqualTo(403);
    assertThat(tag.with("Sec-Fetch-Mode", "navigate").send().status()).isEqualTo(403);
    Request link = Request.get(studio, "/").with("Sec-Fetch-Site", "cross-site");
    assertThat(link.with("Sec-Fetch-Mode", "navigate").send().status()).isEqualTo(200);
    assertThat(link.with("Sec-Fetch-Mode", "no-cors").send().status()).isEqualTo(403);
  }

  /** What a proxy says of a request is no name of the studio. */
  @ParameterizedTest
  @ValueSource(strings = {"X-Forwarded-Host", "Forwarded", "X-Original-Host", "X-Host"})
  void aForwardedNameOpensNothing(String header) throws IOException {
    Request foreign =
        Request.get(studio, "/api/state")
            .with("Host", "evil.example")
            .with(header, studio.getAuthority());
    assertThat(foreign.send().status()).isEqualTo(403);
  }

  /** A request that names one host in its line and another in its header. */
  @Test
  void aWholeAddressInTheRequestIsLookedAtToo() throws IOException {
    Request.Answer foreign = Request.get(studio, "http://evil.example/api/state").send();
    assertThat(foreign.status()).isIn(400, 403);
    assertThat(foreign.body()).doesNotContain("token");
  }

  @ParameterizedTest
  @ValueSource(strings = {"OPTIONS", "TRACE", "PUT", "DELETE", "PATCH"})
  void otherMethodsDoNothing(String method) throws IOException {
    Request.Answer answer =
        Request.of(studio, method, "/api/projects").with("Origin", "http://evil.example").send();
    assertThat(answer.status()).isBetween(400, 419);
    assertThat(answer.head()).doesNotContain("Access-Control");
  }

  @Test
  void aChangeNeedsTheToken() throws IOException {
    Request change = Request.post(studio, "/api/anything", "{}");
    assertThat(change.send().status()).isEqualTo(419);
    assertThat(change.with(Guard.TOKEN, "0".repeat(48)).send().status()).isEqualTo(419);
    String state = Request.get(studio, "/api/state").send().body();
    String token = state.replaceAll("(?s).*\"token\":\"([0-9a-f]+)\".*", "$1");
    assertThat(change.with(Guard.TOKEN, token).send().status())
        .as("there is no such route")
        .isEqualTo(404);
    assertThat(change.with("Origin", "https://evil.example").send().status()).isEqualTo(403);
  }

  @Test
  void thePolicyHasNothingInline() throws IOException {
    Request.Answer page = Request.get(studio, "/").send();
    assertThat(page.head())
        .contains("script-src 'self'; style-src 'self'", "frame-ancestors 'none'")
        .contains("X-Content-Type-Options: nosniff")
        .doesNotContain("unsafe");
    assertThat(page.body()).doesNotContainPattern("<script(?![^>]*src=)").doesNotContain("style=");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/files/..%2f..%2fStudioServer.class",
        "/files/%2e%2e/index.html",
        "/files/index.html",
        "/api/runs/report?run=../../etc",
        "/api/runs/watch?run=/etc",
        "/nothing"
      })
  void pathsLeadToNoFile(String path) throws IOException {
    Request.Answer answer = Request.get(studio, path).send();
    assertThat(answer.status()).isBetween(400, 404);
    assertThat(answer.body()).doesNotContain("import", "<html");
  }

  @Test
  void aTakenPortIsOneLine() {
    assertThatThrownBy(
            () ->
                StudioServer.start(
                    new StudioServer.Listening("127.0.0.1", studio.getPort(), Optional.empty()),
                    new WatchedRuns(folder),
                    labels,
                    Optional.empty()))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("127.0.0.1:" + studio.getPort() + ": can't be listened on")
        .hasMessageNotContaining("\n");
  }
}
