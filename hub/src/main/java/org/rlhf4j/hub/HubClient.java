package org.rlhf4j.hub;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.rlhf4j.settings.UserException;

/**
 * Asks the hub. Redirects are followed here, one by one: the token goes to the hub alone, never to
 * the storage that a large file is redirected to.
 */
final class HubClient {

  /** The longest listing or small JSON file that is read, in bytes. */
  private static final int LONGEST_JSON = 64 << 20;

  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration ANSWER = Duration.ofSeconds(30);
  private static final int MOST_REDIRECTS = 10;
  private static final String CHECK_NETWORK =
      "check the network and HF_ENDPOINT, or set HF_HUB_OFFLINE=1 to use only the cache";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HubEnvironment environment;
  private final Attempts.Sleeper sleeper;
  private final Consumer<String> note;
  private final Duration patience;
  private final HttpClient http;

  /** What a request gets: an answer that isn't a failure. */
  @FunctionalInterface
  private interface Reader<T> {
    T read(HttpResponse<InputStream> response) throws IOException;
  }

  /**
   * Makes a client; nothing is asked yet.
   *
   * @param sleeper waits between attempts
   * @param note is told of each wait
   * @param patience how long a connection may be silent
   */
  HubClient(
      HubEnvironment environment,
      Attempts.Sleeper sleeper,
      Consumer<String> note,
      Duration patience) {
    this.environment = environment;
    this.sleeper = sleeper;
    this.note = note;
    this.patience = patience;
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
  }

  /** The files of a repository with their sizes and hashes, and the commit that its revision is. */
  Listing listing(HubRepo repo) {
    URI uri = repo.listing(environment.endpoint());
    JsonNode found = json(repo, uri);
    try {
      List<RemoteFile> files = new ArrayList<>();
      for (JsonNode file : found.path("siblings")) {
        JsonNode large = file.path("lfs");
        files.add(
            new RemoteFile(
                file.path("rfilename").asText(),
                (large.has("size") ? large : file).path("size").asLong(-1),
                (large.has("sha256") ? large.path("sha256") : file.path("blobId")).asText()));
      }
      return new Listing(found.path("sha").asText(), files);
    } catch (IllegalArgumentException e) {
      throw noHub(uri, e);
    }
  }

  /** One file without the rest of its repository, which may have many. */
  Listing listing(HubRepo repo, String name) {
    URI uri = repo.file(environment.endpoint(), name);
    return attempt(
        repo,
        "HEAD",
        uri,
        response -> {
          try {
            return new Listing(
                header(response, "x-repo-commit").orElse(""), List.of(described(name, response)));
          } catch (IllegalArgumentException e) {
            throw noHub(uri, e);
          }
        });
  }

  /** Where the file lies in storage, the answer's own length and tag are those of the redirect. */
  private static RemoteFile described(String name, HttpResponse<?> response) {
    String tag = header(response, "x-linked-etag").or(() -> header(response, "etag")).orElse("");
    Optional<String> size = header(response, "x-linked-size");
    if (size.isEmpty() && !isRedirect(response)) {
      size = header(response, "content-length");
    }
    String hash = tag.replaceFirst("^W/", "").replace("\"", "");
    return new RemoteFile(name, Long.parseLong(size.orElse("-1")), hash);
  }

  /** A small JSON file of a repository, without keeping it. */
  JsonNode json(HubRepo repo, String name) {
    return json(repo, repo.file(environment.endpoint(), name));
  }

  private JsonNode json(HubRepo repo, URI uri) {
    return attempt(
        repo,
        "GET",
        uri,
        response -> {
          byte[] bytes = response.body().readNBytes(LONGEST_JSON + 1);
          if (bytes.length > LONGEST_JSON) {
            throw new UserException(
                shown(uri) + ": answers with more than 64 MiB of JSON; check HF_ENDPOINT");
          }
          try {
            return JSON.readTree(bytes);
          } catch (JsonEOFException e) {
            throw new IOException("the answer ends early", e);
          } catch (JacksonException e) {
            throw noHub(uri, e);
          }
        });
  }

  /**
   * Begins to read a file; one attempt.
   *
   * @param from the first byte
   * @throws PassingFailure where another attempt may do
   */
  HttpResponse<InputStream> content(HubRepo repo, String name, long from) throws PassingFailure {
    URI uri = repo.file(environment.endpoint(), name);
    return accepted(repo, uri, send("GET", uri, from));
  }

  /** Watches what is read of an answer. */
  StallGuard guard(InputStream body) {
    return new StallGuard(body, patience);
  }

  Attempts attempts(String what) {
    return new Attempts(what, sleeper, note);
  }

  private <T> T attempt(HubRepo repo, String method, URI uri, Reader<T> reader) {
    Attempts attempts = attempts(repo.toString());
    while (true) {
      try {
        HttpResponse<InputStream> response = accepted(repo, uri, send(method, uri, 0));
        try (InputStream body = response.body();
            StallGuard guard = guard(body)) { // read as a whole, so it doesn't count the bytes
          return reader.read(response);
        }
      } catch (PassingFailure e) {
        attempts.waitAfter(e);
      } catch (IOException e) {
        attempts.waitAfter(cut(uri, e));
      }
    }
  }

  /** Follows redirects; a HEAD request only on the hub, whose answer tells about the file. */
  private HttpResponse<InputStream> send(String method, URI uri, long from) throws PassingFailure {
    URI at = uri;
    for (int hop = 0; hop <= MOST_REDIRECTS; hop++) {
      HttpResponse<InputStream> response = exchange(method, at, from);
      Optional<String> location = header(response, "location");
      if (!isRedirect(response) || location.isEmpty()) {
        return response;
      }
      URI next = target(uri, at, location.get());
      if (method.equals("HEAD") && !isHub(next)) {
        return response;
      }
      close(response);
      at = next;
    }
    throw new UserException(uri + ": redirected more than " + MOST_REDIRECTS + " times; try later");
  }

  private static URI target(URI asked, URI at, String location) {
    try {
      URI next = at.resolve(location);
      boolean safe =
          "https".equals(next.getScheme())
              || ("http".equals(next.getScheme()) && "http".equals(at.getScheme()));
      if (safe && next.getHost() != null) {
        return next;
      }
    } catch (IllegalArgumentException e) {
      throw new UserException(
          asked + ": redirected to something that isn't an address; check HF_ENDPOINT", e);
    }
    throw new UserException(asked + ": redirected to an unsafe address; check HF_ENDPOINT");
  }

  private HttpResponse<InputStream> exchange(String method, URI uri, long from)
      throws PassingFailure {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri)
            .method(method, BodyPublishers.noBody())
            .header("User-Agent", "rlhf4j")
            .header("Accept-Encoding", "identity");
    if (from > 0) {
      request.header("Range", "bytes=" + from + "-");
    }
    if (isHub(uri)) {
      environment.token().ifPresent(t -> request.header("Authorization", "Bearer " + t));
    }
    return answered(uri, http.sendAsync(request.build(), BodyHandlers.ofInputStream()));
  }

  /** Waits for the answer's beginning. A request's own timeout would hold for its body too. */
  private static HttpResponse<InputStream> answered(
      URI uri, CompletableFuture<HttpResponse<InputStream>> answer) throws PassingFailure {
    try {
      return answer.get(ANSWER.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw cut(uri, e.getCause() instanceof IOException io ? io : new IOException(e.getCause()));
    } catch (TimeoutException e) {
      answer.cancel(true);
      throw cut(uri, new IOException("no answer in " + ANSWER.toSeconds() + " s", e));
    } catch (InterruptedException e) {
      answer.cancel(true);
      Thread.currentThread().interrupt();
      throw new UserException(shown(uri) + ": interrupted", e);
    }
  }

  private boolean isHub(URI uri) {
    URI hub = environment.endpoint();
    return hub.getScheme().equals(uri.getScheme())
        && hub.getHost().equalsIgnoreCase(uri.getHost())
        && port(hub) == port(uri);
  }

  private static int port(URI uri) {
    return uri.getPort() >= 0 ? uri.getPort() : uri.getScheme().equals("https") ? 443 : 80;
  }

  private static boolean isRedirect(HttpResponse<?> response) {
    return response.statusCode() / 100 == 3;
  }

  private HttpResponse<InputStream> accepted(
      HubRepo repo, URI uri, HttpResponse<InputStream> response) throws PassingFailure {
    if (response.statusCode() < 400) {
      return response;
    }
    close(response);
    throw Refusal.of(repo, uri, response, environment);
  }

  private static void close(HttpResponse<InputStream> response) {
    try {
      response.body().close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A failure of the connection on which a file comes. */
  PassingFailure cut(HubRepo repo, String name, IOException e) {
    return cut(repo.file(environment.endpoint(), name), e);
  }

  private static PassingFailure cut(URI uri, IOException e) {
    String what = e instanceof ConnectException ? "can't be reached" : "the connection broke";
    String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return new PassingFailure(
        "%s %s (%s)".formatted(shown(uri), what, why), CHECK_NETWORK, null, e);
  }

  /** An address without the signature that storage addresses carry. */
  private static String shown(URI uri) {
    return uri.toString().replaceFirst("\\?.*", "");
  }

  private static UserException noHub(URI uri, Exception cause) {
    return new UserException(
        shown(uri) + ": this isn't the answer of a hub; check HF_ENDPOINT, or a proxy on the way",
        cause);
  }

  private static Optional<String> header(HttpResponse<?> response, String name) {
    return response.headers().firstValue(name.toLowerCase(Locale.ROOT));
  }
}
