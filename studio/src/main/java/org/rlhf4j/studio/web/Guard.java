package org.rlhf4j.studio.web;

import io.javalin.http.Context;
import io.javalin.http.Handler;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;

/**
 * What is checked of every request before anything else happens. The studio answers to its own
 * names alone, so a foreign name that was made to point here (DNS rebinding) gets nothing. It
 * answers to its own pages alone, reads and streams too. A change also needs the token that only
 * its own page can read, another for each session.
 */
final class Guard implements Handler {

  /** The header that carries the token. */
  static final String TOKEN = "X-Studio-Token";

  /**
   * Scripts and styles are the studio's own files; nothing is inline, and nothing goes elsewhere.
   */
  private static final String CONTENT_POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self';"
          + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private final Set<String> hosts = new ConcurrentSkipListSet<>();
  private final Set<String> origins = new ConcurrentSkipListSet<>();
  private final Entrance entrance;

  Guard(Entrance entrance) {
    this.entrance = entrance;
  }

  /**
   * Lets an address in; before that, nothing is answered.
   *
   * @param host what the server listens on
   * @param port its port
   * @param secure whether it speaks TLS
   * @param publicUrl the address that a proxy in front of it has, or empty
   */
  void admit(String host, int port, boolean secure, Optional<URI> publicUrl) {
    for (String name : List.of("127.0.0.1", "localhost", "[::1]", host)) {
      allow(secure ? "https" : "http", name, port);
    }
    publicUrl.ifPresent(url -> allow(url.getScheme(), url.getHost(), url.getPort()));
  }

  private void allow(String scheme, String name, int port) {
    boolean usual = port < 0 || port == (scheme.equals("https") ? 443 : 80);
    String host = name.toLowerCase(Locale.ROOT);
    if (usual) {
      hosts.add(host);
      origins.add(scheme + "://" + host);
    }
    if (port > 0) {
      hosts.add(host + ":" + port);
      origins.add(scheme + "://" + host + ":" + port);
    }
  }

  @Override
  public void handle(Context request) {
    request
        .header("Content-Security-Policy", CONTENT_POLICY)
        .header("X-Content-Type-Options", "nosniff")
        .header("X-Frame-Options", "DENY")
        .header("Referrer-Policy", "no-referrer")
        .header("Cross-Origin-Opener-Policy", "same-origin")
        .header("Cross-Origin-Resource-Policy", "same-origin")
        .header("Cache-Control", "no-store");
    requireOwnHost(request.header("Host"));
    requireOwnOrigin(request);
    String token = entrance.enter(request);
    if (isChange(request)) {
      requireToken(request.header(TOKEN), token);
    }
  }

  private void requireOwnHost(String host) {
    if (host == null || !hosts.contains(host.toLowerCase(Locale.ROOT))) {
      throw new Refused(
          403,
          "the studio isn't known under this name; open its own address, or name --public-url");
    }
  }

  /** A link from elsewhere may lead to the page; nothing else may be asked for from elsewhere. */
  private void requireOwnOrigin(Context request) {
    String origin = request.header("Origin");
    String site = request.header("Sec-Fetch-Site");
    boolean link =
        "/".equals(request.path()) && "navigate".equals(request.header("Sec-Fetch-Mode"));
    boolean foreign = site != null && !Set.of("same-origin", "none").contains(site) && !link;
    if (foreign || (origin != null && !origins.contains(origin.toLowerCase(Locale.ROOT)))) {
      throw new Refused(403, "the studio answers to its own pages only");
    }
  }

  private static boolean isChange(Context request) {
    return !Set.of("GET", "HEAD").contains(request.method().name());
  }

  private static void requireToken(String given, String token) {
    boolean same =
        given != null
            && MessageDigest.isEqual(
                given.getBytes(StandardCharsets.UTF_8), token.getBytes(StandardCharsets.UTF_8));
    if (!same) {
      throw new Refused(
          419, "this page is older than the studio or the session; it has to be loaded again");
    }
  }
}
