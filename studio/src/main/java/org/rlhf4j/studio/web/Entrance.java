package org.rlhf4j.studio.web;

import io.javalin.http.Context;
import io.javalin.http.Cookie;
import io.javalin.http.SameSite;
import java.util.Optional;
import org.rlhf4j.studio.account.Account;
import org.rlhf4j.studio.account.Accounts;
import org.rlhf4j.studio.account.Role;
import org.rlhf4j.studio.account.Secrets;
import org.rlhf4j.studio.account.Sessions;

/**
 * Finds out who asks. On this machine alone, and as long as there are no accounts, it is the one
 * who works here. Else it is who has the secret of a session in a cookie.
 */
final class Entrance {

  /** Nobody who hasn't logged in has more to say than a name and a password. */
  private static final long LONGEST_OF_STRANGERS = 1 << 14;

  private final Accounts accounts;
  private final Sessions sessions;
  private final Visitor alone;
  private final boolean open;
  private final boolean secure;
  private final String token = Secrets.random();
  private volatile String cookie;

  /**
   * An entrance.
   *
   * @param accounts who may come in
   * @param sessions who has
   * @param annotator the number of who works here where there are no accounts
   * @param open whether nobody else can reach it, so that it needs no accounts
   * @param secure whether browsers come by TLS
   */
  Entrance(Accounts accounts, Sessions sessions, long annotator, boolean open, boolean secure) {
    this.accounts = accounts;
    this.sessions = sessions;
    this.open = open;
    this.secure = secure;
    alone = new Visitor(annotator, "", Role.ADMIN);
  }

  /** Browsers send cookies to every port of a host, so the port is in the name. */
  void listensOn(int port) {
    cookie = (secure ? "__Host-" : "") + "studio-" + port;
  }

  /**
   * Lets a request in.
   *
   * @return the token that it has to carry if it is a change
   */
  String enter(Context request) {
    Optional<Visitor> visitor = visitor(request);
    visitor.ifPresent(known -> known.comesWith(request));
    if (visitor.isEmpty() && isLong(request)) {
      throw new Refused(413, "this is too long for somebody who hasn't logged in");
    }
    return token(request);
  }

  private static boolean isLong(Context request) {
    return request.contentLength() > LONGEST_OF_STRANGERS
        || request.header("Transfer-Encoding") != null;
  }

  /** Who asks, as it is now. */
  private Optional<Visitor> visitor(Context request) {
    Optional<Account> account = secret(request).flatMap(sessions::find);
    if (account.isEmpty() && open && !accounts.any()) {
      return Optional.of(alone);
    }
    return account.map(found -> new Visitor(found.annotator(), found.name(), found.role()));
  }

  /** Whether a request that lasts still comes from who it came from: the session may have ended. */
  boolean stillKnows(Context request) {
    return Visitor.find(request).equals(visitor(request));
  }

  /** The token of a page, to be told to it alone. */
  String token(Context request) {
    return Visitor.find(request)
        .filter(visitor -> !visitor.equals(alone))
        .flatMap(visitor -> secret(request))
        .map(Sessions::token)
        .orElse(token);
  }

  private Optional<String> secret(Context request) {
    return Optional.ofNullable(cookie).map(request::cookie);
  }

  /** Whether who asks works here without an account. */
  boolean isAlone(Context request) {
    return Visitor.find(request).filter(alone::equals).isPresent();
  }

  /** Begins a session; whatever secret the browser came with is worth nothing from now on. */
  void begin(Context request, Account account) {
    secret(request).ifPresent(sessions::end);
    give(request, sessions.begin(account), (int) Sessions.TIME.toSeconds());
  }

  /** Ends the session. */
  void end(Context request) {
    secret(request).ifPresent(sessions::end);
    give(request, "", 0);
  }

  private void give(Context request, String secret, int seconds) {
    request.cookie(new Cookie(cookie, secret, "/", seconds, secure, true, null, SameSite.STRICT));
  }
}
