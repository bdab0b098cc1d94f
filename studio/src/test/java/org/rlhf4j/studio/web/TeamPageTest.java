package org.rlhf4j.studio.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.studio.account.Role;
import org.rlhf4j.studio.label.Labelled;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.runs.WatchedRuns;
import org.rlhf4j.testing.Browser;

/** Logging in, inviting and joining in a browser, with keys alone. */
@EnabledIf(
    value = "org.rlhf4j.testing.Browser#isInstalled",
    disabledReason = "no Chromium on the PATH: the page isn't looked at in a browser")
class TeamPageTest {

  @TempDir static Path folder;
  private static Labels labels;
  private static StudioServer server;
  private static StudioPage page;
  private static Team team;

  @BeforeAll
  static void start() throws IOException {
    labels = Labelled.in(folder.resolve("store"));
    server =
        StudioServer.start(
            new StudioServer.Listening("127.0.0.1", 0, Optional.empty()),
            new WatchedRuns(folder.resolve("runs")),
            labels,
            Optional.empty());
    team = new Team(server.address(), labels);
    team.add("Grace", Role.ANNOTATOR);
    Labelled.project(labels, "first", Labelled.pairs(3));
    page = StudioPage.start(server.address());
  }

  @AfterAll
  static void stop() {
    page.close();
    server.close();
    labels.store().close();
  }

  @BeforeEach
  void logOut() {
    page.open("#/projects");
    if (browser().count("header button") > 0) {
      browser().evaluate("document.querySelector('header button').click()");
      page.waitFor("document.documentElement.dataset.ready === 'login'");
    }
  }

  @AfterEach
  void nothingWentWrong() {
    page.requireNothingWrong();
  }

  private static Browser browser() {
    return page.browser();
  }

  private static void type(String text) {
    for (char c : text.toCharArray()) {
      browser().key(String.valueOf(c));
    }
  }

  private static void logIn(String name) {
    page.waitFor("document.activeElement.name === 'name'");
    type(name);
    browser().key("Tab");
    type(Team.PASSWORD);
    browser().key("Enter");
    page.waitFor("document.querySelectorAll('header button').length === 1");
    page.waitFor("document.documentElement.dataset.ready !== 'login'");
  }

  @Test
  void whoLogsInComesToThePageThatWasWanted() {
    page.open("#/label/first");
    assertThat(browser().text("main h2")).isEqualTo("Log in");
    logIn("Grace");
    page.waitFor("document.documentElement.dataset.item");
    assertThat(browser().text("header nav")).contains("Label", "Grace", "Log out");
    assertThat(browser().text("header nav")).doesNotContain("Runs", "Team");
  }

  @Test
  void whoIsInvitedJoins() {
    page.open("#/team");
    logIn("root");
    page.waitFor("document.documentElement.dataset.ready === 'team'");
    assertThat(browser().text("#team table")).contains("Grace", "root");
    browser().evaluate("document.querySelector('#team form button').focus()");
    browser().key("Enter");
    page.waitFor("document.querySelector('#team form input') !== null");
    String link = browser().evaluate("document.querySelector('#team form input').value").asText();
    assertThat(link).startsWith(server.address() + "#/join/");
    logOut();
    page.open(link.substring(server.address().toString().length()));
    logIn("Hopper");
    page.waitFor("document.documentElement.dataset.ready === 'projects'");
    assertThat(browser().text("main")).contains("first").doesNotContain("Settings", "Take out");
    assertThat(team.accounts().all()).anyMatch(account -> account.name().equals("Hopper"));
  }

  @Test
  void aNameIsErased() {
    team.add("Mistake", Role.ANNOTATOR);
    page.open("#/team");
    logIn("root");
    page.waitFor("document.documentElement.dataset.ready === 'team'");
    String erase =
        "[...document.querySelectorAll('#team tr')].find(r => r.textContent.startsWith('Mistake'))"
            + ".querySelector('button')";
    browser().evaluate(erase + ".focus()");
    browser().key("Enter");
    assertThat(browser().evaluate("document.activeElement.textContent").asText())
        .isEqualTo("Erase Mistake: name, password, sessions");
    browser().key("Enter");
    page.waitFor("document.querySelector('#announcer').textContent.startsWith('Erased')");
    assertThat(team.accounts().all()).noneMatch(account -> account.name().equals("Mistake"));
  }

  @ParameterizedTest
  @CsvSource({"light, 1400", "dark, 1400", "light, 390", "dark, 390"})
  void accessibilityRulesHold(String colorScheme, int width) throws IOException {
    browser().emulate(colorScheme, width);
    String suffix = "-" + colorScheme + "-" + width;
    page.open("#/projects");
    page.requireAccessible("login" + suffix);
    page.open("#/join/0123");
    page.requireAccessible("join" + suffix);
    page.open("#/team");
    logIn("root");
    page.waitFor("document.documentElement.dataset.ready === 'team'");
    browser().evaluate("document.querySelector('#team form button').click()");
    page.waitFor("document.querySelector('#team form input') !== null");
    page.requireAccessible("team" + suffix);
    page.open("#/projects");
    browser().evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })");
    page.requireAccessible("projects-of-admin" + suffix);
    page.open("#/password");
    page.requireAccessible("password" + suffix);
  }
}
