package org.rlhf4j.rollout.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.rlhf4j.settings.UserException;

class ServerConnectionTest {
  private static final Duration LONG = Duration.ofMinutes(5);

  private final List<Duration> pauses = new ArrayList<>();
  private final AtomicLong repeated = new AtomicLong();
  private final AtomicInteger asked = new AtomicInteger();
  private final CountDownLatch end = new CountDownLatch(1);
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.start();
  }

  @AfterEach
  void stop() {
    end.countDown();
    server.stop(0);
    threads.shutdownNow();
  }

  private ServerConnection connection(Duration patience, HttpHandler handler) {
    server.createContext(
        "/",
        exchange -> {
          asked.incrementAndGet();
          exchange.getRequestBody().readAllBytes();
          try (exchange) {
            handler.handle(exchange);
          }
        });
    return connection(patience, "http://127.0.0.1:" + server.getAddress().getPort());
  }

  private ServerConnection connection(Duration patience, String address) {
    Optional<String> key = Optional.of("secret");
    return new ServerConnection(ServerAddress.parse(address), key, patience, pauses::add, repeated);
  }

  private static ServerAnswer post(ServerConnection connection) throws ServerFailure {
    return connection.post("/v1/completions", JsonNodeFactory.instance.objectNode(), 1000);
  }

  private static void send(HttpExchange exchange, int status, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  @Test
  void anAnswerIsTakenAsItIs() throws ServerFailure {
    List<String> seen = new ArrayList<>();
    ServerConnection connection =
        connection(
            LONG,
            exchange -> {
              seen.add(exchange.getRequestHeaders().getFirst("Authorization"));
              send(exchange, 400, "{\"error\": {\"message\": \"no\\nway\\u001b[31m\"}}");
            });
    ServerAnswer answer = post(connection);
    assertThat(answer.isGood()).isFalse();
    assertThat(answer.words()).isEqualTo("answers 400: \"no way [31m\"");
    assertThat(seen).containsExactly("Bearer secret");
    assertThat(repeated).hasValue(0);
  }

  @Test
  void whatPassesIsAskedAgainAfterTheWaitThatTheServerWants() throws ServerFailure {
    String[] waits = {"7", "100000", "soon"};
    ServerConnection connection =
        connection(
            LONG,
            exchange -> {
              int before = asked.get() - 1;
              if (before < 3) {
                exchange.getResponseHeaders().set("Retry-After", waits[before]);
                send(exchange, new int[] {429, 503, 500}[before], "busy");
              } else {
                send(exchange, 200, "{}");
              }
            });
    assertThat(post(connection).isGood()).isTrue();
    assertThat(pauses)
        .containsExactly(Duration.ofSeconds(7), Duration.ofSeconds(60), Duration.ofSeconds(4));
    assertThat(repeated).hasValue(3);
  }

  @Test
  void afterFourAttemptsTheServerHasFailed() {
    ServerConnection connection =
        connection(LONG, exchange -> send(exchange, 500, "out of memory"));
    assertThatThrownBy(() -> post(connection))
        .isInstanceOf(ServerFailure.class)
        .hasMessage("answers 500: \"out of memory\"");
    assertThat(asked).hasValue(4);
    assertThat(pauses)
        .containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(4));
  }

  @Test
  void anAnswerThatIsCutShortIsAskedForAgain() {
    ServerConnection cut = connection(LONG, exchange -> send(exchange, 200, "{\"choices\": [{"));
    assertThatThrownBy(() -> post(cut))
        .isInstanceOf(ServerFailure.class)
        .hasMessage("its answer is cut short, or isn't JSON");
    assertThat(asked).hasValue(4);
  }

  @Test
  void aConnectionThatBreaksIsAFailureOfTheServer() {
    ServerConnection broken =
        connection(
            LONG,
            exchange -> {
              exchange.sendResponseHeaders(200, 100);
              exchange.getResponseBody().write('{');
            });
    assertThatThrownBy(() -> post(broken))
        .isInstanceOf(ServerFailure.class)
        .hasMessageStartingWith("the connection broke (");
  }

  @Test
  void aDeadServerCantBeReached() {
    String address = "http://127.0.0.1:" + server.getAddress().getPort();
    server.stop(0);
    assertThatThrownBy(() -> post(connection(LONG, address)))
        .isInstanceOf(ServerFailure.class)
        .hasMessageStartingWith("can't be reached");
    assertThat(pauses).hasSize(3);
  }

  /** It never answers, so nothing depends on how long the deadline is. */
  @Test
  void aSilentServerIsWaitedForUntilTheDeadlineOnce() {
    ServerConnection silent = connection(Duration.ofMillis(100), exchange -> await());
    assertThatThrownBy(() -> post(silent))
        .isInstanceOf(ServerFailure.class)
        .hasMessage("no answer in 0.1 s (--server-timeout)");
    assertThat(pauses).isEmpty();
  }

  /** The deadline is for the body too. */
  @Test
  void anAnswerThatStopsInTheMiddleHasTheSameDeadline() {
    ServerConnection stopping =
        connection(
            Duration.ofMillis(500),
            exchange -> {
              exchange.sendResponseHeaders(200, 0);
              exchange.getResponseBody().write("{\"choices\":".getBytes(StandardCharsets.UTF_8));
              exchange.getResponseBody().flush();
              await();
            });
    assertThatThrownBy(() -> post(stopping))
        .isInstanceOf(ServerFailure.class)
        .hasMessage("no answer in 0.5 s (--server-timeout)");
  }

  private void await() {
    try {
      end.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void anEndlessAnswerIsBrokenOff() {
    ServerConnection endless =
        connection(
            LONG,
            exchange -> {
              exchange.sendResponseHeaders(200, 0);
              OutputStream body = exchange.getResponseBody();
              byte[] more = new byte[1 << 16];
              while (end.getCount() > 0) {
                body.write(more); // fails once the other side has closed
              }
            });
    assertThatThrownBy(() -> post(endless))
        .isInstanceOf(ServerFailure.class)
        .hasMessage("its answer is longer than 1000 bytes");
    assertThat(pauses).isEmpty();
  }

  @Test
  void noRedirectIsFollowed() {
    ServerConnection connection =
        connection(
            LONG,
            exchange -> {
              exchange.getResponseHeaders().set("Location", "http://elsewhere/v1/completions");
              send(exchange, 307, "");
            });
    assertThatThrownBy(() -> post(connection))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("redirects to 'http://elsewhere/v1/completions'; name that address")
        .hasMessageEndingWith("nothing is sent to a host that you didn't name");
    assertThat(asked).hasValue(1);
  }

  @Test
  void aLockedServerAsksForItsKey() {
    ServerConnection connection = connection(LONG, exchange -> send(exchange, 401, "Unauthorized"));
    assertThatThrownBy(() -> post(connection))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith(
            ": answers 401: \"Unauthorized\"; set VLLM_API_KEY to the key that the server was"
                + " started with");
  }
}
