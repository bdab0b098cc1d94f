package org.rlhf4j.studio.web;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.rlhf4j.studio.account.Account;
import org.rlhf4j.studio.account.Accounts;
import org.rlhf4j.studio.account.Attempts;
import org.rlhf4j.studio.account.Invitations;
import org.rlhf4j.studio.account.Role;

/** Logging in and out, accounts, invitations. */
final class AccountRoutes {

  /** A password takes a core for some tenths of a second; others wait, up to so many. */
  private static final int AT_ONCE = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);

  private static final int WAITING = 32;

  private final Accounts accounts;
  private final Invitations invitations;
  private final Attempts attempts;
  private final Entrance entrance;
  private final Semaphore hashing = new Semaphore(AT_ONCE, true);

  AccountRoutes(Accounts accounts, Invitations invitations, Attempts attempts, Entrance entrance) {
    this.accounts = accounts;
    this.invitations = invitations;
    this.attempts = attempts;
    this.entrance = entrance;
  }

  void addTo(RoutesConfig routes) {
    routes.post("/api/session", this::logIn, Access.EVERYBODY);
    routes.post("/api/session/end", this::logOut, Access.EVERYBODY);
    routes.post("/api/session/password", this::changePassword, Access.ANNOTATOR);
    routes.post("/api/invitations", this::invite, Access.ADMIN);
    routes.post("/api/invitations/accept", this::accept, Access.EVERYBODY);
    routes.get("/api/users", this::list, Access.REVIEWER);
    routes.post("/api/users/{number}/role", this::changeRole, Access.ADMIN);
    routes.post("/api/users/{number}/erase", this::erase, Access.ADMIN);
  }

  private void logIn(Context request) {
    ObjectNode body = Answers.body(request);
    String name = body.path("name").asText();
    Account account = checked(name, body.path("password").asText());
    entrance.begin(request, account);
    Answers.send(request, Answers.object());
  }

  private Account checked(String name, String password) {
    Duration wait = attempts.begin(name);
    if (!wait.isZero()) {
      throw new Refused(
          429, "too many attempts; wait " + (wait.toMillis() + 999) / 1_000 + " seconds");
    }
    Account account =
        oneOfFew(() -> accounts.check(name, password.toCharArray()))
            .orElseThrow(() -> new Refused(403, "no account has this name and password"));
    attempts.succeeded(name);
    return account;
  }

  private <T> T oneOfFew(Supplier<T> work) {
    if (hashing.getQueueLength() >= WAITING) {
      throw new Refused(503, "many log in at once; try again in some seconds");
    }
    hashing.acquireUninterruptibly();
    try {
      return work.get();
    } finally {
      hashing.release();
    }
  }

  private void logOut(Context request) {
    entrance.end(request);
    Answers.send(request, Answers.object());
  }

  private void changePassword(Context request) {
    ObjectNode body = Answers.body(request);
    if (entrance.isAlone(request)) {
      throw new Refused(400, "there are no accounts here");
    }
    Account account = checked(Visitor.of(request).name(), body.path("password").asText());
    char[] chosen = body.path("chosen").asText().toCharArray();
    oneOfFew(
        () -> {
          accounts.change(account, chosen);
          return account;
        });
    entrance.begin(request, account);
    Answers.send(request, Answers.object());
  }

  private void invite(Context request) {
    Role role = role(Answers.body(request));
    if (!accounts.any()) {
      throw new Refused(
          409, "make the first admin in a terminal: rlhf studio user add --admin NAME");
    }
    ObjectNode answer = Answers.object().put("secret", invitations.make(role));
    Answers.send(request, answer.put("days", Invitations.TIME.toDays()));
  }

  private static Role role(ObjectNode body) {
    return Role.of(body.path("role").asText())
        .orElseThrow(() -> new Refused(400, "role is annotator, reviewer or admin"));
  }

  private void accept(Context request) {
    ObjectNode body = Answers.body(request);
    Account account =
        oneOfFew(
            () ->
                invitations.accept(
                    body.path("secret").asText(),
                    body.path("name").asText(),
                    body.path("password").asText().toCharArray()));
    entrance.begin(request, account);
    Answers.send(request, Answers.object());
  }

  private void list(Context request) {
    ObjectNode answer = Answers.object();
    answer.set("users", Answers.of(accounts.all()));
    Answers.send(request, answer);
  }

  private void changeRole(Context request) {
    accounts.change(number(request), role(Answers.body(request)));
    list(request);
  }

  private void erase(Context request) {
    accounts.erase(number(request));
    list(request);
  }

  private long number(Context request) {
    String number = request.pathParam("number");
    return accounts.all().stream()
        .map(Account::annotator)
        .filter(annotator -> String.valueOf(annotator).equals(number))
        .findFirst()
        .orElseThrow(() -> new Refused(404, "nobody has this number"));
  }
}
