package org.rlhf4j.studio.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.studio.account.Role;
import org.rlhf4j.studio.account.Sessions;
import org.rlhf4j.studio.label.Labelled;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.label.Project;
import org.rlhf4j.studio.label.ProjectAnnotators;
import org.rlhf4j.studio.runs.WatchedRuns;
import org.rlhf4j.studio.talk.Replies;
import org.rlhf4j.studio.talk.TinyTalk;

/** What an account, or none, may not do, whatever it sends. */
class AccessTest {

  @TempDir static Path folder;
  private static StudioServer server;
  private static URI studio;
  private static Labels labels;
  private static Replies replies;
  private static TinyCircle circle;
  private static Team team;

  @BeforeAll
  static void start() throws IOException {
    labels = Labelled.in(folder.resolve("store"));
    replies = TinyTalk.replies(1);
    circle = new TinyCircle(labels.store(), folder);
    server =
        StudioServer.start(
            new StudioServer.Listening("127.0.0.1", 0, Optional.empty()),
            new WatchedRuns(folder),
            labels,
            Optional.of(replies),
            Optional.of(circle.parts()));
    studio = server.address();
    team = new Team(studio, labels);
    team.add("ada", Role.ANNOTATOR);
    team.add("bob", Role.ANNOTATOR);
    team.add("rita", Role.REVIEWER);
    Labelled.project(labels, "open", Labelled.pairs(3));
    Project closed = Labelled.project(labels, "bobs", Labelled.pairs(2));
    new ProjectAnnotators(labels.store()).change(closed, List.of(team.account("bob").annotator()));
  }

  @AfterAll
  static void stop() {
    server.close();
    circle.close();
    replies.close();
    labels.store().close();
  }

  /** Each with the least role that may ask for it. */
  private static final String ROUTES =
      """
      annotator GET  /api/projects
      annotator GET  /api/projects/open
      annotator POST /api/projects/open/next
      annotator POST /api/projects/open/verdicts
      annotator POST /api/projects/open/undo
      reviewer  GET  /api/projects/open/export
      reviewer  GET  /api/projects/open/export?form=votes
      reviewer  GET  /api/projects/open/agreement
      reviewer  GET  /api/users
      reviewer  GET  /api/runs
      reviewer  GET  /api/runs/report?run=x
      reviewer  GET  /api/runs/watch?run=x
      reviewer  GET  /api/projects/open/gold
      reviewer  GET  /api/projects/open/review
      reviewer  POST /api/projects/open/review
      reviewer  POST /api/projects/open/referrals
      reviewer  GET  /api/projects/open/circle
      reviewer  POST /api/projects/open/again
      reviewer  GET  /api/projects/open/trainings
      admin     POST /api/projects/open/circle
      admin     POST /api/projects/open/choice
      admin     POST /api/projects/open/trainings
      admin     POST /api/projects/open/trainings/1/stop
      admin     POST /api/projects/open/trainings/1/resume
      annotator POST /api/talk/replies
      annotator POST /api/talk/choices
      annotator POST /api/tokens
      admin     POST /api/projects/open/gold
      admin     POST /api/projects/open
      admin     POST /api/invitations
      admin     POST /api/users/1/role
      admin     POST /api/users/1/erase
      admin     POST /api/runs/stop
      """;

  private static int status(String name, String method, String path) throws IOException {
    Request request =
        method.equals("GET") ? team.get(name, path) : team.post(name, path, "{\"role\":\"x\"}");
    return request.send().status();
  }

  @Test
  void eachRoleReachesItsRoutesAndNoOthers() throws IOException {
    for (String line : ROUTES.lines().toList()) {
      String[] parts = line.split(" +");
      Role least = Role.of(parts[0]).orElseThrow();
      for (String name : List.of("ada", "rita", "root")) {
        int status = status(name, parts[1], parts[2]);
        if (team.account(name).role().includes(least)) {
          assertThat(status).as(name + ": " + line).isNotIn(401, 403, 419);
        } else {
          assertThat(status).as(name + ": " + line).isEqualTo(403);
        }
      }
      Request stranger =
          parts[1].equals("GET")
              ? Request.get(studio, parts[2])
              : team.strangers(parts[2], "{\"role\":\"x\"}");
      assertThat(stranger.send().status()).as("a stranger: " + line).isEqualTo(401);
    }
  }

  @Test
  void aStrangerLearnsOnlyThatThereIsALogin() throws IOException {
    assertThat(Request.get(studio, "/").send().status()).isEqualTo(200);
    assertThat(Request.get(studio, "/api/state").send().body())
        .contains("\"role\":null", "\"name\":null", "\"model\":null");
  }

  /** A request for the head alone goes through the same doors. */
  @Test
  void aHeadIsGuardedAsTheWhole() throws IOException {
    for (String path : List.of("/api/projects/both/export", "/api/users", "/api/runs")) {
      Request head = Request.of(studio, "HEAD", path);
      assertThat(head.send().status()).as(path).isEqualTo(401);
      assertThat(head.with("Cookie", team.cookie("ada")).send().status()).as(path).isEqualTo(403);
    }
  }

  @Test
  void aProjectForOthersIsAsIfItWereNotThere() throws IOException {
    assertThat(team.get("ada", "/api/projects").send().body()).doesNotContain("bobs");
    for (String name : List.of("bobs", "nothing")) {
      String path = "/api/projects/" + name;
      assertThat(team.get("ada", path).send().body())
          .isEqualTo("{\"error\":\"there is no project of this name\"}");
      assertThat(team.post("ada", path + "/next", "{}").send().status()).isEqualTo(404);
      assertThat(team.post("ada", path + "/undo", "{\"event\":\"event-77\"}").send().status())
          .isEqualTo(404);
    }
    assertThat(team.post("bob", "/api/projects/bobs/next", "{}").send().status()).isEqualTo(200);
    assertThat(team.get("rita", "/api/projects/bobs").send().status()).isEqualTo(200);
  }

  /** Bob has answered; what Ada gets of the same items has nothing of it. */
  @Test
  void nobodySeesOthersAnswersBeforeTheirOwn() throws IOException {
    Project project = Labelled.project(labels, "both", Labelled.pairs(1));
    labels.projects().change(project, "", 2);
    String item =
        Team.json(team.post("bob", "/api/projects/both/next", "{}").send())
            .at("/task/item/id")
            .asText();
    String verdict =
        "{\"event\":\"event-0001\",\"item\":%s,\"act\":\"answer\",\"seconds\":1,\"answer\":{\"better\":0,\"strength\":4,\"comment\":\"bobs words\"}}";
    Request answer = team.post("bob", "/api/projects/both/verdicts", verdict.formatted(item));
    assertThat(answer.send().status()).isEqualTo(200);
    for (Request.Answer seen :
        List.of(
            team.post("ada", "/api/projects/both/next", "{}").send(),
            team.get("ada", "/api/projects/both").send(),
            team.get("ada", "/api/projects").send())) {
      assertThat(seen.status()).isEqualTo(200);
      assertThat(seen.body())
          .doesNotContain("bobs words", "strength", "\"better\"", "annotators", "\"bob\"");
    }
    assertThat(team.get("rita", "/api/projects/both/export?form=votes").send().body())
        .as("they are there for those who review")
        .contains("bobs words")
        .doesNotContain("\"bob\"");
  }

  /** A verdict is kept under the session's annotator, whatever the request says. */
  @Test
  void nobodySpeaksForSomebodyElse() throws IOException {
    Project project = Labelled.project(labels, "mine", Labelled.pairs(1));
    String item =
        Team.json(team.post("ada", "/api/projects/mine/next", "{}").send())
            .at("/task/item/id")
            .asText();
    String forged =
        "{\"event\":\"event-0002\",\"annotator\":%s,\"name\":\"bob\",\"item\":%s,\"act\":\"skip\",\"seconds\":1}"
            .formatted(team.account("bob").annotator(), item);
    team.post("ada", "/api/projects/mine/verdicts", forged).send();
    assertThat(labels.labelling().progress(project, team.account("ada").annotator()).put())
        .isEqualTo(1);
    assertThat(labels.labelling().progress(project, team.account("bob").annotator()).put())
        .isZero();
  }

  @Test
  void aChangeNeedsTheTokenOfItsOwnSession() throws IOException {
    Request change =
        Request.post(studio, "/api/projects/open/next", "{}").with("Cookie", team.cookie("ada"));
    assertThat(change.send().status()).isEqualTo(419);
    assertThat(change.with(Guard.TOKEN, team.token("bob")).send().status()).isEqualTo(419);
    String strangers = Team.json(Request.get(studio, "/api/state").send()).get("token").asText();
    assertThat(change.with(Guard.TOKEN, strangers).send().status()).isEqualTo(419);
    assertThat(change.with(Guard.TOKEN, team.token("ada")).send().status()).isEqualTo(200);
    assertThat(change.with("Origin", "https://evil.example").send().status()).isEqualTo(403);
    String own = Team.json(team.get("ada", "/api/state").send()).get("token").asText();
    assertThat(own).isEqualTo(team.token("ada"));
  }

  /** Else a foreign page could log its visitor in as somebody whose labels it then reads. */
  @Test
  void loggingInNeedsATokenToo() throws IOException {
    Request login = Request.post(studio, "/api/session", login("ada", Team.PASSWORD));
    assertThat(login.send().status()).isEqualTo(419);
  }

  private static String login(String name, String password) {
    return "{\"name\":\"%s\",\"password\":\"%s\"}".formatted(name, password);
  }

  @Test
  void aSessionGetsASecretOfItsOwn() throws IOException {
    String chosen = "f".repeat(64);
    Request.Answer answer =
        team.strangers("/api/session", login("ADA", Team.PASSWORD))
            .with("Cookie", team.cookieName() + "=" + chosen)
            .send();
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.head())
        .containsPattern("Set-Cookie: " + team.cookieName() + "=[0-9a-f]{64}; Path=/;")
        .contains("HttpOnly", "SameSite=Strict")
        .doesNotContain(chosen, "Secure");
    assertThat(answer.body()).isEqualTo("{}");
    assertThat(
            Request.get(studio, "/api/projects")
                .with("Cookie", team.cookieName() + "=" + chosen)
                .send()
                .status())
        .as("what was planted before is worth nothing")
        .isEqualTo(401);
    String secret = answer.head().replaceAll("(?s).*=([0-9a-f]{64});.*", "$1");
    Request mine =
        Request.get(studio, "/api/projects").with("Cookie", team.cookieName() + "=" + secret);
    assertThat(mine.send().status()).isEqualTo(200);
    Request out =
        Request.post(studio, "/api/session/end", "{}")
            .with("Cookie", team.cookieName() + "=" + secret)
            .with(Guard.TOKEN, Sessions.token(secret));
    assertThat(out.send().status()).isEqualTo(200);
    assertThat(mine.send().status()).isEqualTo(401);
  }

  @Test
  void namesAreNotTold() throws IOException {
    Request.Answer unknown = team.strangers("/api/session", login("nobody", "x")).send();
    Request.Answer wrong = team.strangers("/api/session", login("rita", "x")).send();
    assertThat(unknown.status()).isEqualTo(403);
    assertThat(unknown.body()).isEqualTo(wrong.body());
    assertThat(wrong.head()).doesNotContain("Set-Cookie");
  }

  @Test
  void attemptsAreSlowedDown() throws IOException {
    for (int i = 0; i < 5; i++) {
      assertThat(team.strangers("/api/session", login("mallory", "x" + i)).send().status())
          .isEqualTo(403);
    }
    Request.Answer answer = team.strangers("/api/session", login("Mallory", "x")).send();
    for (int i = 0; i < 5 && answer.status() == 403; i++) { // a slow machine has waited by itself
      answer = team.strangers("/api/session", login("Mallory", "x")).send();
    }
    assertThat(answer.status()).isEqualTo(429);
    assertThat(answer.body()).contains("too many attempts; wait");
  }

  /** Neither SQLite nor PostgreSQL keeps these as they are. */
  @ParameterizedTest
  @ValueSource(strings = {"\\u0000", "\\ud800", "\\udc00 and \\ud800"})
  void textsThatNoStoreKeepsAreRefused(String text) throws IOException {
    String body = "{\"guidelines\": \"a" + text + "\"}";
    Request.Answer answer = team.post("root", "/api/projects/open", body).send();
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.body()).contains("a NUL character or half of a surrogate pair");
    assertThat(labels.projects().named("open").guidelines()).isEmpty();
  }

  @Test
  void aDeepBodyIsRefusedInOneLine() throws IOException {
    String deep = "{\"guidelines\": " + "[".repeat(100_000) + "]".repeat(100_000) + "}";
    Request.Answer answer = team.post("root", "/api/projects/open", deep).send();
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.body()).isEqualTo("{\"error\":\"the request isn't JSON\"}");
  }

  @Test
  void aLongBodyIsRefusedFromStrangers() throws IOException {
    String body = "{\"name\":\"" + "a".repeat(20_000) + "\"}";
    assertThat(team.strangers("/api/session", body).send().status()).isEqualTo(413);
  }

  @Test
  void aBodyWithoutALengthIsRefusedFromStrangersAndBoundedForOthers() throws IOException {
    String chunked = "5\r\n{\"a\":\r\n0\r\n\r\n";
    assertThat(team.strangers("/api/session", chunked).chunked().send().status()).isEqualTo(413);
    String many = ("10000\r\n" + " ".repeat(0x10000) + "\r\n").repeat(17) + "0\r\n\r\n";
    assertThat(team.post("ada", "/api/projects/open/verdicts", many).chunked().send().status())
        .isEqualTo(413);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<img src=x onerror=alert(1)>",
        "a\\u202Eb",
        "'; DROP TABLE account; --",
        "../root",
        "<svg/onload=alert(1)>"
      })
  void hostileNamesAreRefused(String name) throws IOException {
    String secret =
        Team.json(team.post("root", "/api/invitations", "{\"role\":\"annotator\"}").send())
            .get("secret")
            .asText();
    Request.Answer answer =
        team.strangers(
                "/api/invitations/accept",
                "{\"secret\":\"%s\",\"name\":\"%s\",\"password\":\"long enough\"}"
                    .formatted(secret, name))
            .send();
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.body()).contains("name: this can't be one").doesNotContain("DROP");
  }

  @Test
  void whoIsErasedIsOutAtOnce() throws IOException {
    team.add("zoe", Role.REVIEWER);
    long zoe = team.account("zoe").annotator();
    assertThat(team.get("zoe", "/api/users").send().status()).isEqualTo(200);
    assertThat(team.post("rita", "/api/users/" + zoe + "/erase", "{}").send().status())
        .isEqualTo(403);
    assertThat(team.post("root", "/api/users/" + zoe + "/erase", "{}").send().body())
        .doesNotContain("zoe");
    assertThat(team.get("zoe", "/api/users").send().status()).isEqualTo(401);
  }

  /** A stream that was opened before ends, too. */
  @Test
  void whoIsErasedSeesNoMoreOfRuns() throws IOException {
    Path run = Files.createDirectories(folder.resolve("run"));
    Files.writeString(run.resolve("metrics.jsonl"), "{\"step\":1,\"loss\":0.5}\n");
    team.add("yan", Role.REVIEWER);
    URLConnection watching = studio.resolve("/api/runs/watch?run=run").toURL().openConnection();
    watching.setRequestProperty("Cookie", team.cookie("yan"));
    try (InputStream events = watching.getInputStream()) {
      assertThat(events.read()).as("it has begun").isNotNegative();
      team.accounts().erase("yan");
      assertThat(new String(events.readAllBytes(), StandardCharsets.UTF_8)).contains("series");
    }
  }

  @Test
  void theLastAdminStays() throws IOException {
    String root = "/api/users/" + team.account("root").annotator();
    assertThat(team.post("root", root + "/role", "{\"role\":\"annotator\"}").send().status())
        .isEqualTo(409);
    assertThat(team.post("root", root + "/erase", "{}").send().status()).isEqualTo(409);
    assertThat(team.get("root", "/api/users").send().status()).isEqualTo(200);
  }

  @Test
  void anotherPasswordEndsOtherSessions() throws IOException {
    team.add("kim", Role.ANNOTATOR);
    String wrong = "{\"password\":\"no\",\"chosen\":\"another horse\"}";
    assertThat(team.post("kim", "/api/session/password", wrong).send().status()).isEqualTo(403);
    String right = "{\"password\":\"%s\",\"chosen\":\"another horse\"}".formatted(Team.PASSWORD);
    assertThat(team.post("kim", "/api/session/password", right).send().head())
        .contains("Set-Cookie: ");
    assertThat(team.get("kim", "/api/projects").send().status()).isEqualTo(401);
    assertThat(team.accounts().check("kim", "another horse".toCharArray())).isPresent();
  }

  /** With a session, too, a foreign name or page gets nothing. */
  @Test
  void aSessionDoesNotOpenForeignDoors() throws IOException {
    assertThat(team.get("root", "/api/users").with("Host", "evil.example").send().status())
        .isEqualTo(403);
    assertThat(
            team.get("root", "/api/users").with("Origin", "https://evil.example").send().status())
        .isEqualTo(403);
    assertThat(team.get("root", "/api/users").with("Sec-Fetch-Site", "same-site").send().status())
        .as("another port of this machine is another site's page")
        .isEqualTo(403);
  }
}
