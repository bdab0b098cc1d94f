package org.rlhf4j.studio.web;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.studio.label.Gold;
import org.rlhf4j.studio.label.Labelled;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.label.Project;
import org.rlhf4j.studio.runs.WatchedRuns;
import org.rlhf4j.testing.Browser;

/** Settling items in a browser, with keys alone. */
@EnabledIf(
    value = "org.rlhf4j.testing.Browser#isInstalled",
    disabledReason = "no Chromium on the PATH: the page isn't looked at in a browser")
class ReviewPageTest {

  private static final String SAYS = "{'better': %s, 'strength': 4, 'comment': %s}";

  @TempDir static Path folder;
  private static Labels labels;
  private static Labels adas;
  private static StudioServer server;
  private static StudioPage page;

  @BeforeAll
  static void start() throws IOException {
    labels = Labelled.in(folder.resolve("store"));
    adas = new Labels(labels.store(), Clock.systemUTC(), "Ada <b>");
    server =
        StudioServer.start(
            new StudioServer.Listening("127.0.0.1", 0, Optional.empty()),
            new WatchedRuns(folder.resolve("runs")),
            labels,
            Optional.empty());
    page = StudioPage.start(server.address());
  }

  @AfterAll
  static void stop() {
    page.close();
    server.close();
    labels.store().close();
  }

  @AfterEach
  void nothingWentWrong() {
    page.requireNothingWrong();
  }

  private static Browser browser() {
    return page.browser();
  }

  /** Ada and the one who works here disagree about each item. */
  private static Project disagreed(String name, String... rows) throws IOException {
    Project project = labels.projects().change(Labelled.project(labels, name, rows), "", 2);
    String words = new ObjectMapper().writeValueAsString("because").replace('"', '\'');
    for (int i = 0; i < rows.length; i++) {
      Labelled.answerNext(adas, project, SAYS.formatted(0, words));
      Labelled.answerNext(labels, project, SAYS.formatted(1, words));
    }
    return project;
  }

  private static void open(String project) {
    page.open("#/review/" + project);
    page.waitFor("document.querySelector('#gold-title') !== null");
  }

  private static String item() {
    return browser().evaluate("document.documentElement.dataset.item").asText();
  }

  @Test
  void itemsAreSettledByKeys() throws IOException {
    disagreed("settled", Labelled.pairs(2));
    open("settled");
    assertThat(browser().text("main h2")).isEqualTo("Review: 2 items wait");
    assertThat(browser().text(".opinions")).contains("Ada <b>", "A is much better", "because");
    String first = item();
    browser().key("8");
    page.waitFor("document.documentElement.dataset.item !== '" + first + "'");
    assertThat(browser().text("#announcer")).isEqualTo("Review: 1 item waits");
    assertThat(browser().evaluate("document.activeElement.id").asText()).isEqualTo("review-title");
    browser().evaluate("document.querySelector('[role=status] button').focus()");
    browser().key("Enter");
    page.waitFor("document.querySelector('main h2').textContent === 'Review: 2 items wait'");
    browser().key("8");
    page.waitFor("document.querySelector('main h2').textContent === 'Review: 1 item waits'");
    browser().key("t");
    page.waitFor("document.documentElement.dataset.item === 'none'");
    assertThat(Labelled.comparisons(labels.store(), "settled"))
        .as("one is decided, the other is a tie")
        .hasSize(1)
        .allMatch(row -> row.contains("\"chosen\":\" bad"));
  }

  @Test
  void hostileTextsAreShownAsTheyAre() throws IOException {
    String hostile = new ObjectMapper().writeValueAsString(StudioPage.HOSTILE);
    Project project =
        disagreed(
            "hostile", "{\"prompt\":" + hostile + ",\"completions\":[" + hostile + ",\"b\"]}");
    labels.projects().change(project, "", 3);
    Labels eve = new Labels(labels.store(), Clock.systemUTC(), StudioPage.HOSTILE_NAME);
    Labelled.flagNext(eve, project, StudioPage.HOSTILE);
    open("hostile");
    assertThat(browser().text(".opinions"))
        .contains("onerror=\"window.broken = 2\"", StudioPage.HOSTILE_NAME, "U+202E");
    assertThat(browser().count("main img, main script, main svg")).isZero();
    assertThat(browser().evaluate("typeof window.broken").asText()).isEqualTo("undefined");
  }

  @ParameterizedTest
  @CsvSource({"light, 1400", "dark, 1400", "light, 390", "dark, 390"})
  void accessibilityRulesHold(String colorScheme, int width) throws IOException {
    String name = "looked" + colorScheme + width;
    Project project = disagreed(name, Labelled.pairs(6));
    Labelled.gold(labels, project, 3);
    new Gold(labels.store()).change(project, 0.5);
    browser().emulate(colorScheme, width);
    open(name);
    page.requireAccessible("review-" + colorScheme + "-" + width);
    page.open("#/projects");
    browser().evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })");
    page.requireAccessible("projects-with-review-" + colorScheme + "-" + width);
  }
}
