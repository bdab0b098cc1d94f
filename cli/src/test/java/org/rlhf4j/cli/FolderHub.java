package org.rlhf4j.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/** A hub on the loopback whose every repository holds the files of one folder. */
final class FolderHub implements AutoCloseable {

  static final String COMMIT = "89abcdef".repeat(5);

  final List<String> asked = new CopyOnWriteArrayList<>();
  private final Path folder;
  private final HttpServer server;

  FolderHub(Path folder) throws IOException {
    this.folder = folder;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
  }

  String address() {
    return "http://localhost:" + server.getAddress().getPort();
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    asked.add(exchange.getRequestMethod() + " " + path);
    Path file = folder.resolve(path.replaceFirst(".*/resolve/[^/]+/", ""));
    try (exchange) {
      if (path.startsWith("/api/models/org/")) {
        send(exchange, listing());
      } else if (path.contains("/resolve/") && Files.isRegularFile(file)) {
        byte[] content = Files.readAllBytes(file);
        exchange.getResponseHeaders().set("ETag", '"' + gitHash(content) + '"');
        exchange.getResponseHeaders().set("X-Repo-Commit", COMMIT);
        send(exchange, content);
      } else {
        exchange.getResponseHeaders().set("X-Error-Code", "RepoNotFound");
        exchange.sendResponseHeaders(401, -1);
      }
    }
  }

  private static void send(HttpExchange exchange, byte[] content) throws IOException {
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().set("Content-Length", String.valueOf(content.length));
      exchange.sendResponseHeaders(200, -1);
    } else {
      exchange.sendResponseHeaders(200, content.length);
      exchange.getResponseBody().write(content);
    }
  }

  private byte[] listing() throws IOException {
    ObjectMapper json = new ObjectMapper();
    ObjectNode listing = json.createObjectNode().put("sha", COMMIT);
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.sorted().toList()) {
        byte[] content = Files.readAllBytes(file);
        ObjectNode entry = listing.withArray("siblings").addObject();
        entry.put("rfilename", file.getFileName().toString());
        entry.put("size", content.length).put("blobId", gitHash(content));
      }
    }
    return json.writeValueAsBytes(listing);
  }

  private static String gitHash(byte[] content) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-1");
      digest.update(("blob " + content.length + "\0").getBytes(StandardCharsets.US_ASCII));
      return HexFormat.of().formatHex(digest.digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
