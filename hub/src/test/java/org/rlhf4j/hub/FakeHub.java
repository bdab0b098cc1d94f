package org.rlhf4j.hub;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Answers as the hub does, on the loopback: a listing, and files, of which the large ones are
 * redirected to a storage of another address. What goes wrong is planned beforehand.
 */
final class FakeHub implements AutoCloseable {

  static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
  static final String LARGE = ".safetensors";
  static final String STORED = "/stored/";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Answers instead of the hub; the request counts as answered where it returns true. */
  @FunctionalInterface
  interface Fault {
    boolean answer(HttpExchange exchange, byte[] content) throws IOException;
  }

  /** What was asked for. */
  record Asked(String method, String path, Optional<String> range, Optional<String> token) {}

  private record Planned(String pathEnd, Fault fault) {}

  final List<Asked> asked = new CopyOnWriteArrayList<>();
  final Map<String, byte[]> files = new TreeMap<>();
  private final Queue<Planned> planned = new ArrayDeque<>();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpServer hub = start(this::answer);
  private final HttpServer storage = start(this::answerFromStorage);
  private final String id;
  private String token;
  private String commit = COMMIT;

  /** A hub with one repository. */
  FakeHub(String id) {
    this.id = id;
  }

  private HttpServer start(com.sun.net.httpserver.HttpHandler handler) {
    try {
      HttpServer server =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.createContext("/", handler);
      server.setExecutor(threads);
      server.start();
      return server;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  URI address() {
    return URI.create("http://localhost:" + hub.getAddress().getPort());
  }

  private String storageAddress() {
    return "http://127.0.0.1:" + storage.getAddress().getPort();
  }

  FakeHub file(String name, byte[] content) {
    files.put(name, content);
    return this;
  }

  FakeHub file(String name, String content) {
    return file(name, content.getBytes(StandardCharsets.UTF_8));
  }

  /** Lets in only those who bring this token. */
  void requireToken(String wanted) {
    token = wanted;
  }

  /** Moves the branch on. */
  void commit(String next) {
    commit = next;
  }

  /** The next request for a path that ends so is answered otherwise; faults come in order. */
  void plan(String pathEnd, Fault fault) {
    planned.add(new Planned(pathEnd, fault));
  }

  /** Answers with a status and headers, in turns of name and value. */
  static Fault status(int status, String... headers) {
    return (exchange, content) -> {
      for (int i = 0; i < headers.length; i += 2) {
        exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
      }
      exchange.sendResponseHeaders(status, -1);
      return true;
    };
  }

  /**
   * Sends only so many bytes of what was asked for, and cuts the connection when they are there:
   * what is on its way might be lost with it.
   *
   * @param arrived the file that they are written to
   */
  static Fault cutAfter(int bytes, Path arrived) {
    return (exchange, content) -> {
      int from = from(exchange);
      begin(exchange, content, from);
      exchange.getResponseBody().write(content, from, bytes);
      exchange.getResponseBody().flush();
      while (bytes > 0 && (!Files.exists(arrived) || Files.size(arrived) < from + bytes)) {
        Thread.onSpinWait();
      }
      return true;
    };
  }

  List<String> paths(String method) {
    return asked.stream().filter(a -> a.method().equals(method)).map(Asked::path).toList();
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = note(exchange);
    String name = path.replaceFirst(".*/resolve/[^/]+/", "");
    byte[] content = files.get(name);
    try (exchange) {
      if (isAnsweredByFault(path, exchange, content)) {
        return;
      }
      if (token != null && !("Bearer " + token).equals(header(exchange, "Authorization"))) {
        status(401, "X-Error-Code", "RepoNotFound").answer(exchange, content);
      } else if (!path.contains(id)) {
        status(404, "X-Error-Code", "RepoNotFound").answer(exchange, content);
      } else if (path.startsWith("/api/")) {
        send(exchange, listing(), 0);
      } else if (content == null) {
        status(404, "X-Error-Code", "EntryNotFound").answer(exchange, null);
      } else {
        sendFile(exchange, name, content);
      }
    }
  }

  private String note(HttpExchange exchange) {
    String path = exchange.getRequestURI().getRawPath();
    asked.add(
        new Asked(
            exchange.getRequestMethod(),
            path,
            Optional.ofNullable(header(exchange, "Range")),
            Optional.ofNullable(header(exchange, "Authorization"))));
    return path;
  }

  private boolean isAnsweredByFault(String path, HttpExchange exchange, byte[] content)
      throws IOException {
    Planned next;
    synchronized (planned) {
      next = planned.peek();
      if (next == null || !path.endsWith(next.pathEnd())) {
        return false;
      }
      planned.remove();
    }
    return next.fault().answer(exchange, content);
  }

  private void sendFile(HttpExchange exchange, String name, byte[] content) throws IOException {
    exchange.getResponseHeaders().set("X-Repo-Commit", commit);
    if (name.endsWith(LARGE)) {
      exchange.getResponseHeaders().set("X-Linked-Etag", '"' + hash(name, content) + '"');
      exchange.getResponseHeaders().set("X-Linked-Size", String.valueOf(content.length));
      exchange.getResponseHeaders().set("ETag", "\"of-the-redirect\"");
      exchange
          .getResponseHeaders()
          .set("Location", storageAddress() + STORED + name + "?signed=yes");
      exchange.sendResponseHeaders(302, -1);
    } else {
      exchange.getResponseHeaders().set("ETag", "W/\"" + hash(name, content) + '"');
      send(exchange, content, from(exchange));
    }
  }

  private void answerFromStorage(HttpExchange exchange) throws IOException {
    String path = note(exchange);
    byte[] content = files.get(path.substring(STORED.length()));
    try (exchange) {
      if (!isAnsweredByFault(path, exchange, content)) {
        send(exchange, content, from(exchange));
      }
    }
  }

  private static void send(HttpExchange exchange, byte[] content, int from) throws IOException {
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().set("Content-Length", String.valueOf(content.length));
      exchange.sendResponseHeaders(200, -1);
      return;
    }
    begin(exchange, content, from);
    exchange.getResponseBody().write(content, from, content.length - from);
  }

  private static void begin(HttpExchange exchange, byte[] content, int from) throws IOException {
    if (from > 0) {
      exchange
          .getResponseHeaders()
          .set(
              "Content-Range",
              String.format(
                  Locale.ROOT, "bytes %d-%d/%d", from, content.length - 1, content.length));
    }
    exchange.sendResponseHeaders(from > 0 ? 206 : 200, content.length - from);
  }

  static int from(HttpExchange exchange) {
    String range = header(exchange, "Range");
    return range == null ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
  }

  private static String header(HttpExchange exchange, String name) {
    return exchange.getRequestHeaders().getFirst(name);
  }

  byte[] listing() throws IOException {
    ObjectNode listing = JSON.createObjectNode().put("id", id).put("sha", commit);
    ArrayNode siblings = listing.putArray("siblings");
    files.forEach(
        (name, content) -> {
          ObjectNode file = siblings.addObject().put("rfilename", name);
          file.put("size", content.length).put("blobId", gitHash(content));
          if (name.endsWith(LARGE)) {
            ObjectNode large = file.putObject("lfs").put("sha256", hash(name, content));
            large.put("size", content.length).put("pointerSize", 130);
          }
        });
    return JSON.writeValueAsBytes(listing);
  }

  static String hash(String name, byte[] content) {
    return name.endsWith(LARGE) ? digest("SHA-256", content) : gitHash(content);
  }

  private static String gitHash(byte[] content) {
    byte[] head = ("blob " + content.length + "\0").getBytes(StandardCharsets.US_ASCII);
    byte[] whole = Arrays.copyOf(head, head.length + content.length);
    System.arraycopy(content, 0, whole, head.length, content.length);
    return digest("SHA-1", whole);
  }

  private static String digest(String algorithm, byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    hub.stop(0);
    storage.stop(0);
    threads.shutdownNow();
  }
}
