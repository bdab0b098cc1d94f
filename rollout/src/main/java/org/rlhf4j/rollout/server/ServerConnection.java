package org.rlhf4j.rollout.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.rlhf4j.settings.UserException;

/**
 * Asks one server: every answer has a deadline and a largest size, what passes is asked again some
 * times, and no redirect is followed.
 */
final class ServerConnection {
  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(60);
  private static final int ATTEMPTS = 4;
  private static final int TOO_MANY = 429;
  private static final Set<Integer> PASSING = Set.of(408, 425, TOO_MANY);
  private static final Set<Integer> LOCKED = Set.of(401, 403);

  /** The server's key, as vLLM's own clients have one. */
  static final String KEY = "VLLM_API_KEY";

  private final ServerAddress address;
  private final Optional<String> key;
  private final Duration patience;
  private final Pause pause;
  private final AtomicLong repeated;
  private final HttpClient http;

  /**
   * A connection; nothing is asked yet.
   *
   * @param address the server's
   * @param key sent with each request, where there is one
   * @param patience how long an answer may take, its body included
   * @param pause between attempts
   * @param repeated counts requests that were made again
   */
  ServerConnection(
      ServerAddress address,
      Optional<String> key,
      Duration patience,
      Pause pause,
      AtomicLong repeated) {
    this.address = address;
    this.key = key;
    this.patience = patience;
    this.pause = pause;
    this.repeated = repeated;
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(soon())
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
  }

  /**
   * Asks for something.
   *
   * @param path behind the server's address
   * @param most bytes of the answer
   * @return an answer that is no passing failure, perhaps a refusal
   */
  ServerAnswer get(String path, int most) throws ServerFailure {
    return exchange(request(path).GET().build(), most);
  }

  /** Sends JSON; see {@link #get}. */
  ServerAnswer post(String path, JsonNode body, int most) throws ServerFailure {
    return exchange(posting(path, body), most);
  }

  /** The same where nothing waits for the answer: one attempt, and soon; see {@link #get}. */
  ServerAnswer getOnce(String path, int most) throws ServerFailure {
    return once(request(path).GET().build(), most, soon());
  }

  /** Sends JSON; see {@link #getOnce}. */
  ServerAnswer postOnce(String path, JsonNode body, int most) throws ServerFailure {
    return once(posting(path, body), most, soon());
  }

  private Duration soon() {
    return patience.compareTo(CONNECT) < 0 ? patience : CONNECT;
  }

  private HttpRequest posting(String path, JsonNode body) {
    return request(path)
        .header("Content-Type", "application/json")
        .POST(BodyPublishers.ofString(body.toString()))
        .build();
  }

  private HttpRequest.Builder request(String path) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address.of(path)).header("User-Agent", "rlhf4j");
    key.ifPresent(secret -> request.header("Authorization", "Bearer " + secret));
    return request;
  }

  private ServerAnswer exchange(HttpRequest request, int most) throws ServerFailure {
    for (int attempt = 1; ; attempt++) {
      try {
        return once(request, most, patience);
      } catch (ServerFailure e) {
        if (!e.isPassing() || attempt == ATTEMPTS) {
          throw e;
        }
        repeated.incrementAndGet();
        pause(e.requestedWait().orElse(Duration.ofSeconds(1L << (attempt - 1))));
      }
    }
  }

  /** Lets time pass. */
  void pause(Duration wait) {
    try {
      pause.pause(wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private ServerAnswer once(HttpRequest request, int most, Duration deadline) throws ServerFailure {
    HttpResponse<byte[]> response = response(request, most, deadline);
    int status = response.statusCode();
    ServerAnswer answer = new ServerAnswer(status, response.body());
    if (status / 100 == 3) {
      throw new UserException(
          "%s: redirects to '%s'; name that address if it is your server's, since nothing is sent to"
                  .formatted(
                      address,
                      ServerAnswer.line(response.headers().firstValue("location").orElse("")))
              + " a host that you didn't name");
    }
    if (LOCKED.contains(status)) {
      throw new UserException(
          "%s: %s; set %s to the key that the server was started with"
              .formatted(address, answer.words(), KEY));
    }
    if (status / 100 == 5 || PASSING.contains(status)) {
      throw ServerFailure.passing(answer.words(), wait(response));
    }
    return checked(answer);
  }

  private static ServerAnswer checked(ServerAnswer answer) throws ServerFailure {
    if (answer.isGood() && answer.text().startsWith("{")) {
      try {
        answer.json();
      } catch (JsonProcessingException e) {
        throw ServerFailure.passing("its answer is cut short, or isn't JSON", e);
      }
    }
    return answer;
  }

  private static Optional<Duration> wait(HttpResponse<?> response) {
    return response
        .headers()
        .firstValue("retry-after")
        .filter(text -> text.matches("\\d{1,6}"))
        .map(text -> Duration.ofSeconds(Long.parseLong(text)));
  }

  /** A request's own timeout would end with the answer's head. */
  private HttpResponse<byte[]> response(HttpRequest request, int most, Duration deadline)
      throws ServerFailure {
    CompletableFuture<HttpResponse<byte[]>> answer =
        http.sendAsync(request, head -> new LimitedBody(most));
    try {
      return answer.get(deadline.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      answer.cancel(true);
      throw ServerFailure.lasting(
          "no answer in %s s (--server-timeout)".formatted(deadline.toMillis() / 1000.0), e);
    } catch (InterruptedException e) {
      answer.cancel(true);
      throw interrupted(e);
    } catch (ExecutionException e) {
      throw failure(e.getCause());
    }
  }

  private static ServerFailure failure(Throwable cause) {
    String why = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    for (Throwable one = cause; one != null; one = one.getCause()) {
      if (one instanceof LimitedBody.TooLong) {
        return ServerFailure.lasting(one.getMessage(), cause);
      }
    }
    String what = cause instanceof ConnectException ? "can't be reached" : "the connection broke";
    return cause instanceof IOException
        ? ServerFailure.passing(what + " (" + ServerAnswer.line(why) + ")", cause)
        : ServerFailure.lasting(ServerAnswer.line(why), cause);
  }

  private UserException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new UserException(address + ": interrupted", e);
  }
}
