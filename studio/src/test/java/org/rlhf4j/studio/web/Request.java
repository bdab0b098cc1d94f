package org.rlhf4j.studio.web;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** A request as its bytes, so that each header can be a lie. */
final class Request {

  /** What came back. */
  record Answer(int status, String head, String body) {}

  private final URI studio;
  private final String line;
  private final Map<String, String> headers = new LinkedHashMap<>();
  private String body = "";

  private Request(URI studio, String line) {
    this.studio = studio;
    this.line = line;
    headers.put("Host", studio.getAuthority());
    headers.put("Connection", "close");
  }

  static Request get(URI studio, String path) {
    return of(studio, "GET", path);
  }

  /** Without a body. */
  static Request of(URI studio, String method, String path) {
    return new Request(studio, method + " " + path + " HTTP/1.1");
  }

  static Request post(URI studio, String path, String body) {
    Request request = new Request(studio, "POST " + path + " HTTP/1.1");
    request.body = body;
    request.headers.put("Content-Type", "application/json");
    request.headers.put(
        "Content-Length", String.valueOf(body.getBytes(StandardCharsets.UTF_8).length));
    return request;
  }

  /** The body is in chunks as it stands, and has no length. */
  Request chunked() {
    headers.remove("Content-Length");
    return with("Transfer-Encoding", "chunked");
  }

  Request with(String header, String value) {
    headers.put(header, value);
    return this;
  }

  Answer send() throws IOException {
    StringBuilder text = new StringBuilder(line).append("\r\n");
    headers.forEach((name, value) -> text.append(name).append(": ").append(value).append("\r\n"));
    text.append("\r\n").append(body);
    try (Socket socket = new Socket(studio.getHost(), studio.getPort())) {
      socket.getOutputStream().write(text.toString().getBytes(StandardCharsets.UTF_8));
      socket.getOutputStream().flush();
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      String[] parts = answer.split("\r\n\r\n", 2);
      return new Answer(
          Integer.parseInt(parts[0].substring(9, 12)), parts[0], parts.length > 1 ? parts[1] : "");
    }
  }
}
