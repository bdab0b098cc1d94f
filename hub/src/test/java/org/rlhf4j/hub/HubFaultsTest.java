package org.rlhf4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;

/** What a hub and a network do to a download. */
@Timeout(60)
class HubFaultsTest {

  private static final String WEIGHTS = "model.safetensors";
  private static final long BYTES = 300_000 + 38 + 18 + 2;
  private static final String STORED = FakeHub.STORED + WEIGHTS;

  @TempDir private Path cache;
  private HubScene scene;

  @BeforeEach
  void open() {
    scene = new HubScene(cache).withModel();
  }

  @AfterEach
  void close() {
    scene.close();
  }

  private Path model() {
    return scene.open().model(HubScene.MODEL);
  }

  private void assertWhole(Path folder) {
    assertThat(folder.resolve(WEIGHTS)).hasBinaryContent(scene.hub.files.get(WEIGHTS));
    assertThat(scene.received).hasValue(BYTES);
  }

  private List<Optional<String>> rangesFromStorage() {
    return scene.hub.asked.stream()
        .filter(asked -> asked.path().equals(STORED))
        .map(FakeHub.Asked::range)
        .toList();
  }

  private Path partial() {
    String hash = FakeHub.hash(WEIGHTS, scene.hub.files.get(WEIGHTS));
    return scene.repo().resolve("blobs").resolve(hash + ".rlhf.incomplete");
  }

  @Test
  void theTokenGoesToTheHubAlone() {
    scene.token = "hf_secret";
    scene.hub.requireToken("hf_secret");

    model();

    assertThat(scene.hub.asked)
        .filteredOn(asked -> asked.path().equals(STORED))
        .singleElement()
        .satisfies(storage -> assertThat(storage.token()).isEmpty());
    assertThat(scene.hub.asked)
        .filteredOn(asked -> !asked.path().equals(STORED))
        .allSatisfy(hub -> assertThat(hub.token()).contains("Bearer hf_secret"));
  }

  @Test
  void aRenamedRepositoryIsFollowedWithTheToken() {
    scene.token = "hf_secret";
    String end = "/revision/main";
    scene.hub.plan(end, FakeHub.status(307, "Location", "/api/models/org/small-model/now" + end));

    assertWhole(model());
    assertThat(scene.hub.asked.get(1).token()).isPresent();
  }

  @Test
  void redirectsThatDoNotEndDo() {
    for (int i = 0; i <= 10; i++) {
      scene.hub.plan("/main", FakeHub.status(302, "Location", "/round/main"));
    }
    assertThatThrownBy(this::model)
        .isInstanceOf(UserException.class)
        .hasMessageContaining("redirected more than 10 times");
  }

  @ParameterizedTest
  @ValueSource(strings = {"file:///etc/passwd", "http://[", "ftp://x/y"})
  void aRedirectToSomethingElseIsRefused(String location) {
    scene.hub.plan("/main", FakeHub.status(302, "Location", location));

    assertThatThrownBy(this::model)
        .isInstanceOf(UserException.class)
        .hasMessageContaining("redirected to");
  }

  @ParameterizedTest
  @CsvSource({"408", "429", "500", "502", "503", "504"})
  void whatPassesIsTriedAgainAfterLongerAndLongerWaits(int status) {
    for (int i = 0; i < 3; i++) {
      scene.hub.plan("/main", FakeHub.status(status));
    }
    assertWhole(model());
    assertThat(scene.waits).containsExactly(1L, 2L, 4L);
    assertThat(scene.notes.get(1)).endsWith(" answers " + status + "; next attempt in 2 s");
  }

  @Test
  void aListingThatEndsEarlyIsAskedForAgain() {
    for (int i = 0; i < Attempts.MOST; i++) {
      scene.hub.plan(
          "/main",
          (exchange, content) -> {
            exchange.sendResponseHeaders(200, 6);
            exchange.getResponseBody().write("{\"sha\"".getBytes(StandardCharsets.UTF_8));
            return true;
          });
    }
    assertThatThrownBy(this::model)
        .isInstanceOf(UserException.class)
        .hasMessageContaining("the connection broke (the answer ends early); check the network")
        .message()
        .doesNotContain("\n");
    assertThat(scene.waits).containsExactly(1L, 2L, 4L, 8L);
  }

  @Test
  void theHubSaysHowLongToWait() {
    scene.hub.plan("/main", FakeHub.status(429, "Retry-After", "7"));
    scene.hub.plan("/main", FakeHub.status(429, "RateLimit", "\"api\";r=0;t=55"));
    scene.hub.plan("/main", FakeHub.status(429, "RateLimit", "\"api\";r=3;t=55"));

    assertWhole(model());
    assertThat(scene.waits).containsExactly(7L, 55L, 4L);
  }

  @Test
  void aWaitOfAnHourIsNotWaited() {
    scene.hub.plan("/main", FakeHub.status(429, "Retry-After", "3600"));

    assertThatThrownBy(this::model)
        .isInstanceOf(UserException.class)
        .hasMessage(
            "org/small-model: "
                + HubScene.MODEL.listing(scene.hub.address())
                + " answers 429; wait some minutes, or set HF_TOKEN: the hub allows more requests"
                + " with a token");
    assertThat(scene.waits).isEmpty();
  }

  @Test
  void afterFiveAttemptsItIsGivenUp() {
    for (int i = 0; i < 5; i++) {
      scene.hub.plan("/main", FakeHub.status(503));
    }
    assertThatThrownBy(this::model)
        .isInstanceOf(UserException.class)
        .isNotInstanceOf(UsageException.class)
        .hasMessageEndingWith(" answers 503; wait some minutes and try again");
    assertThat(scene.waits).containsExactly(1L, 2L, 4L, 8L);
  }

  @Test
  void aHubThatIsNotThere() {
    assertThatThrownBy(() -> scene.open(URI.create("http://localhost:1")).model(HubScene.MODEL))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(
            "org/small-model: http://localhost:1/api/models/org/small-model/revision/main can't be"
                + " reached (")
        .hasMessageEndingWith(
            "; check the network and HF_ENDPOINT, or set HF_HUB_OFFLINE=1 to use only the cache");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "401~RepoNotFound~there is no such folder here, and you can see no such repository on the"
            + " hub; check the name, and set HF_TOKEN if it is private",
        "404~RepoNotFound~there is no such folder here, and you can see no such repository on the"
            + " hub; check the name, and set HF_TOKEN if it is private",
        "403~GatedRepo~only accounts that have accepted its terms may download it; accept them on"
            + " ADDRESS/org/small-model and set HF_TOKEN to a token of that account",
        "401~GatedRepo~only accounts that have accepted its terms may download it; accept them on"
            + " ADDRESS/org/small-model and set HF_TOKEN to a token of that account",
        "403~x~the hub doesn't let you read it; set HF_TOKEN to a token that may read it",
        "404~RevisionNotFound~it has no revision 'main'; name a branch, a tag or a commit",
      })
  void refusals(int status, String reason, String line) {
    scene.hub.plan("/main", FakeHub.status(status, "X-Error-Code", reason));

    assertThatThrownBy(this::model)
        .isInstanceOf(UsageException.class)
        .hasMessage(
            "org/small-model: %s (%s answers %d)",
            line.replace("ADDRESS", scene.hub.address().toString()),
            HubScene.MODEL.listing(scene.hub.address()),
            status);
    assertThat(scene.waits).isEmpty();
    assertThat(cache).isEmptyDirectory();
  }

  @Test
  void anAccountThatMayNotIsTheTokens() {
    scene.token = "hf_secret";
    scene.hub.requireToken("hf_other");

    assertThatThrownBy(this::model)
        .hasMessageContaining("the token's account can see no such repository on the hub")
        .hasMessageNotContaining("hf_secret");
  }

  @Test
  void aPageThatIsNoHubs() {
    scene.hub.plan(
        "/main",
        (exchange, content) -> {
          exchange.sendResponseHeaders(200, 0);
          exchange.getResponseBody().write("<html>log in".getBytes(StandardCharsets.UTF_8));
          return true;
        });
    assertThatThrownBy(this::model)
        .isInstanceOf(UserException.class)
        .hasMessageContaining("this isn't the answer of a hub; check HF_ENDPOINT");
  }

  @Test
  void aCutConnectionIsGoneOnWithWhereItWasCut() {
    scene.hub.plan(STORED, FakeHub.cutAfter(100_000, partial()));
    scene.hub.plan(STORED, FakeHub.cutAfter(50_000, partial()));

    assertWhole(model());
    assertThat(rangesFromStorage())
        .containsExactly(
            Optional.empty(), Optional.of("bytes=100000-"), Optional.of("bytes=150000-"));
    assertThat(scene.waits).containsExactly(1L, 1L); // it got on, so each is a first failure
  }

  @Test
  void connectionsThatBringNothingAreFiveAtMost() {
    for (int i = 0; i < 5; i++) {
      scene.hub.plan(STORED, FakeHub.cutAfter(0, partial()));
    }
    assertThatThrownBy(this::model)
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("org/small-model@" + FakeHub.COMMIT + " model.safetensors: ")
        .hasMessageContaining("the connection broke");
    assertThat(scene.waits).containsExactly(1L, 2L, 4L, 8L);
    assertThat(scene.repo().resolve("refs")).doesNotExist();
  }

  @Test
  void connectionsThatBeginAnewEachTimeAreFiveAtMost() {
    for (int i = 0; i < 6; i++) {
      scene.hub.plan(
          STORED,
          (exchange, content) -> {
            exchange.sendResponseHeaders(200, content.length);
            exchange.getResponseBody().write(content, 0, 1000);
            exchange.getResponseBody().flush();
            return true;
          });
    }
    assertThatThrownBy(this::model).hasMessageContaining("the connection broke");
    assertThat(rangesFromStorage()).hasSize(5);
  }

  @Test
  void aNextRunGoesOnWithWhatAnInterruptedOneLeft() {
    scene.hub.plan(STORED, FakeHub.cutAfter(120_000, partial()));
    scene.hub.plan("/" + WEIGHTS, FakeHub.status(403));
    assertThatThrownBy(this::model).isInstanceOf(UsageException.class);
    assertThat(partial()).hasSize(120_000);

    Path whole = model().resolve(WEIGHTS);

    assertThat(whole).hasBinaryContent(scene.hub.files.get(WEIGHTS));
    assertThat(rangesFromStorage()).last().isEqualTo(Optional.of("bytes=120000-"));
    assertThat(partial()).doesNotExist();
  }

  @Test
  void aStorageThatIgnoresTheRangeIsReadFromItsBeginning() {
    scene.hub.plan(STORED, FakeHub.cutAfter(120_000, partial()));
    scene.hub.plan(
        STORED,
        (exchange, content) -> {
          exchange.sendResponseHeaders(200, content.length);
          exchange.getResponseBody().write(content);
          return true;
        });

    assertWhole(model());
  }

  @Test
  void wrongBytesOfAnInterruptedRunAreThrownAway() throws IOException {
    Files.createDirectories(partial().getParent());
    Files.write(partial(), new byte[1000]);

    assertWhole(model());
    assertThat(scene.notes)
        .containsExactly(
            "model.safetensors: the content isn't what the hub describes; downloading it again");
    assertThat(rangesFromStorage()).containsExactly(Optional.of("bytes=1000-"), Optional.empty());
  }

  @Test
  void moreBytesThanThereShouldBeAreThrownAway() throws IOException {
    Files.createDirectories(partial().getParent());
    Files.write(partial(), new byte[300_001]);

    assertWhole(model());
    assertThat(rangesFromStorage()).containsExactly(Optional.empty());
  }

  @ParameterizedTest
  @ValueSource(strings = {STORED, "/config.json"})
  void contentThatIsWrongTwiceNeverComesIntoTheCache(String path) throws IOException {
    for (int i = 0; i < 2; i++) {
      scene.hub.plan(
          path,
          (exchange, content) -> {
            exchange.sendResponseHeaders(200, content.length);
            exchange.getResponseBody().write(new byte[content.length]);
            return true;
          });
    }
    String name = path.substring(path.lastIndexOf('/') + 1);
    byte[] content = scene.hub.files.get(name);

    assertThatThrownBy(this::model)
        .isInstanceOf(UserException.class)
        .hasMessageContaining(
            "%s arrived twice with the hash %s, but the hub says %s",
            name, FakeHub.hash(name, new byte[content.length]), FakeHub.hash(name, content));
    try (Stream<Path> blobs = Files.list(scene.repo().resolve("blobs"))) {
      assertThat(blobs.map(blob -> blob.getFileName().toString()))
          .doesNotContain(FakeHub.hash(name, content))
          .noneMatch(blob -> blob.startsWith(FakeHub.hash(name, content)));
    }
    assertThat(model().resolve(name)).hasBinaryContent(content);
  }

  @Test
  void aStorageThatFallsSilentIsLeft() {
    scene.patience = Duration.ofMillis(100);
    CountDownLatch never = new CountDownLatch(1);
    scene.hub.plan(
        STORED,
        (exchange, content) -> {
          FakeHub.cutAfter(1000, partial()).answer(exchange, content);
          return isLetGo(never);
        });

    assertWhole(model());
    assertThat(rangesFromStorage()).last().isEqualTo(Optional.of("bytes=1000-"));
  }

  @Test
  void aListingThatFallsSilentIsAskedForAgain() {
    scene.patience = Duration.ofMillis(100);
    CountDownLatch never = new CountDownLatch(1);
    scene.hub.plan(
        "/main",
        (exchange, content) -> {
          exchange.sendResponseHeaders(200, 100);
          exchange.getResponseBody().write("{\"sha\": \"01".getBytes(StandardCharsets.UTF_8));
          exchange.getResponseBody().flush();
          return isLetGo(never);
        });

    assertWhole(model());
    assertThat(scene.waits).containsExactly(1L);
  }

  /** Holds the exchange open till the latch, or the hub, is closed. */
  private static boolean isLetGo(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return true;
  }

  @Test
  void filesComeAtTheSameTime() throws IOException {
    scene.hub.files.remove(WEIGHTS);
    scene
        .hub
        .file("model-1.safetensors", HubScene.bytes(1000))
        .file("model-2.safetensors", HubScene.bytes(2000))
        .file(
            "model.safetensors.index.json",
            "{\"weight_map\": {\"a\": \"model-1.safetensors\", \"b\": \"model-2.safetensors\"}}");
    CountDownLatch both = new CountDownLatch(2);
    FakeHub.Fault awaitBoth =
        (exchange, content) -> {
          both.countDown();
          isLetGo(both);
          return false;
        };
    scene.hub.plan(FakeHub.LARGE, awaitBoth);
    scene.hub.plan(FakeHub.LARGE, awaitBoth);

    assertThat(model().resolve("model-2.safetensors")).hasBinaryContent(HubScene.bytes(2000));
  }

  @Test
  void twoAtOnceFetchEachFileOnce() throws Exception {
    CountDownLatch both = new CountDownLatch(2);
    Callable<Path> one =
        () -> {
          Hub hub = scene.open();
          both.countDown();
          both.await();
          return hub.model(HubScene.MODEL);
        };
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      for (Future<Path> folder : threads.invokeAll(List.of(one, one))) {
        assertThat(folder.get().resolve(WEIGHTS)).hasBinaryContent(scene.hub.files.get(WEIGHTS));
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(rangesFromStorage()).hasSize(1);
  }

  @Test
  void whatAnotherProcessBroughtMeanwhileIsTaken() throws Exception {
    byte[] weights = scene.hub.files.get(WEIGHTS);
    String hash = FakeHub.hash(WEIGHTS, weights);
    Path lock = cache.resolve(".locks/models--org--small-model").resolve(hash + ".lock");
    Files.createDirectories(lock.getParent());
    try (OtherProcess other = OtherProcess.locking(lock)) {
      ExecutorService thread = Executors.newSingleThreadExecutor();
      try {
        Future<Path> ours = thread.submit(this::model);
        scene.awaitNote("model.safetensors: waiting for another download of it");
        Path blobs = Files.createDirectories(scene.repo().resolve("blobs"));
        Files.write(blobs.resolve(hash), weights);
        other.unlock();

        assertWhole(ours.get());
      } finally {
        thread.shutdownNow();
      }
    }
    assertThat(rangesFromStorage()).isEmpty();
  }
}
