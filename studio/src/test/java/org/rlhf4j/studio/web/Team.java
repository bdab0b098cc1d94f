package org.rlhf4j.studio.web;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import org.rlhf4j.studio.account.Account;
import org.rlhf4j.studio.account.Accounts;
import org.rlhf4j.studio.account.Role;
import org.rlhf4j.studio.account.Sessions;
import org.rlhf4j.studio.label.Labels;

/** Accounts of each role for a test, with sessions, and requests that they send. */
final class Team {

  static final String PASSWORD = "correct horse";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final URI studio;
  private final Accounts accounts;
  private final Sessions sessions;
  private final Map<String, Account> known = new HashMap<>();
  private final Map<String, String> secrets = new HashMap<>();

  /** An admin {@code root}. */
  Team(URI studio, Labels labels) {
    this.studio = studio;
    accounts = new Accounts(labels.store(), Clock.systemUTC());
    sessions = new Sessions(labels.store(), Clock.systemUTC());
    add("root", Role.ADMIN);
  }

  Account add(String name, Role role) {
    Account account = accounts.add(name, role, PASSWORD.toCharArray());
    known.put(name, account);
    secrets.put(name, sessions.begin(account));
    return account;
  }

  Account account(String name) {
    return known.get(name);
  }

  Accounts accounts() {
    return accounts;
  }

  String cookie(String name) {
    return cookieName() + "=" + secrets.get(name);
  }

  String cookieName() {
    return "studio-" + studio.getPort();
  }

  String token(String name) {
    return Sessions.token(secrets.get(name));
  }

  /** A read by somebody who has logged in. */
  Request get(String name, String path) {
    return Request.get(studio, path).with("Cookie", cookie(name));
  }

  /** A change by somebody who has logged in. */
  Request post(String name, String path, String body) {
    return Request.post(studio, path, body)
        .with("Cookie", cookie(name))
        .with(Guard.TOKEN, token(name));
  }

  /** A change by somebody who hasn't. */
  Request strangers(String path, String body) throws IOException {
    String token = json(Request.get(studio, "/api/state").send()).get("token").asText();
    return Request.post(studio, path, body).with(Guard.TOKEN, token);
  }

  static JsonNode json(Request.Answer answer) throws IOException {
    return JSON.readTree(answer.body());
  }
}
