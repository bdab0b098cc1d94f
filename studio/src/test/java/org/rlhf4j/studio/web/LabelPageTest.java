package org.rlhf4j.studio.web;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.studio.label.Export;
import org.rlhf4j.studio.label.Labelled;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.label.Project;
import org.rlhf4j.studio.runs.WatchedRuns;
import org.rlhf4j.testing.Browser;

/** Labelling in a browser, with keys alone. */
@EnabledIf(
    value = "org.rlhf4j.testing.Browser#isInstalled",
    disabledReason = "no Chromium on the PATH: the page isn't looked at in a browser")
class LabelPageTest {

  private static final String RANKING =
      "{\"prompt\":\"Rank\",\"completions\":[\"one\",\"two\",\"three\"]}";

  @TempDir static Path folder;
  private static Labels labels;
  private static StudioServer server;
  private static StudioPage page;

  @BeforeAll
  static void start() throws IOException {
    labels = Labelled.in(folder.resolve("store"));
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

  private void open(String project) {
    page.open("#/label/" + project);
    page.waitFor("document.documentElement.dataset.item");
  }

  private static String item() {
    return browser().evaluate("document.documentElement.dataset.item").asText();
  }

  /** Presses a key that gives a verdict, and waits for the next item. */
  private static void verdict(String key) {
    String before = item();
    browser().key(key);
    page.waitFor("document.documentElement.dataset.item !== '" + before + "'");
  }

  private static List<String> exported(String project) {
    List<String> rows = new ArrayList<>();
    Export.of(
        labels.store(),
        labels.projects().named(project),
        Export.Choices.USUAL,
        row -> rows.add(row.toString()));
    return rows;
  }

  private static boolean leftIsGood() {
    return browser().text("#item .side .completion").contains("good");
  }

  @Test
  void twentyPairsAreLabelledByKeysAlone() {
    Labelled.project(labels, "twenty", Labelled.pairs(20));
    open("twenty");
    for (int i = 0; i < 20; i++) {
      assertThat(browser().evaluate("document.activeElement !== document.body").booleanValue())
          .as("the focus is never lost")
          .isTrue();
      verdict(leftIsGood() ? "2" : "7");
    }
    assertThat(browser().text("main h2")).isEqualTo("Nothing is left for you to label here.");
    assertThat(exported("twenty"))
        .hasSize(20)
        .allMatch(row -> row.contains("\"chosen\":\" good") && row.contains("\"margin\":0.6666"));
    assertThat(browser().text("#announcer")).contains("Nothing is left");
  }

  @Test
  void aVerdictIsUndone() {
    Labelled.project(labels, "undone", Labelled.pairs(3));
    open("undone");
    String first = item();
    verdict("t");
    assertThat(browser().text("#progress")).contains("1 answered, 2 left");
    browser().key("u");
    page.waitFor("document.documentElement.dataset.item === '" + first + "'");
    page.waitFor("document.querySelector('#progress').textContent.startsWith('0 answered')");
    verdict("1");
    assertThat(exported("undone")).hasSize(1);
  }

  @Test
  void repliesAreRankedByKeys() {
    Labelled.project(labels, "ranked", RANKING);
    open("ranked");
    assertThat(browser().evaluate("document.querySelector('.send').disabled").booleanValue())
        .as("an order that nobody touched is no answer")
        .isTrue();
    String first = browser().text(".ranked .completion");
    browser().key("ArrowDown");
    assertThat(browser().text("#announcer")).contains("is number 2 of 3");
    assertThat(browser().text(".ranked:nth-child(2) .completion")).isEqualTo(first);
    browser().key("ArrowDown");
    assertThat(browser().text(".ranked:nth-child(3) .completion")).isEqualTo(first);
    browser().evaluate("document.querySelector('.send').focus()");
    verdict("Enter");
    assertThat(exported("ranked")).hasSize(1);
    assertThat(exported("ranked").get(0)).endsWith("\"" + first + "\"]}");
  }

  /** Single keys do nothing while somebody types. */
  @Test
  void aReplyIsWritten() {
    Labelled.project(labels, "written", "{\"prompt\":\"Write\"}");
    open("written");
    for (char c : "gust 1".toCharArray()) {
      browser().key(String.valueOf(c));
    }
    assertThat(browser().evaluate("document.querySelector('#reply').value").asText())
        .isEqualTo("gust 1");
    assertThat(browser().text("#item .buttons")).contains("6 characters");
    browser().key("Tab");
    verdict("Enter");
    assertThat(item()).isEqualTo("none");
  }

  @Test
  void singleKeysAreSwitchedOff() {
    Labelled.project(labels, "off", Labelled.pairs(1));
    open("off");
    browser().evaluate("document.querySelector('.tools input[type=checkbox]').click()");
    String before = item();
    browser().key("1");
    browser().frame();
    assertThat(item()).isEqualTo(before);
    browser().evaluate("document.querySelector('.tools input[type=checkbox]').click()");
    verdict("1");
  }

  /**
   * Prompts, replies, comments and guidelines are shown as they are, and turned-around text too.
   */
  @Test
  void hostileTextsAreShownAsTheyAre() throws IOException {
    String hostile = new ObjectMapper().writeValueAsString(StudioPage.HOSTILE);
    Labelled.project(
        labels,
        "hostile",
        "{\"prompt\":" + hostile + ",\"completions\":[" + hostile + ",\"plain\"]}",
        "{\"prompt\":[{\"role\":\"user\",\"content\":"
            + hostile
            + "}],\"completions\":["
            + hostile
            + ",\"b\",\"c\"]}");
    labels.projects().change(labels.projects().named("hostile"), "# " + StudioPage.HOSTILE, 1);
    open("hostile");
    for (int i = 0; i < 2; i++) {
      browser().key("g");
      assertThat(browser().text("main")).contains("onerror=\"window.broken = 2\"");
      assertThat(browser().text("#item")).contains("U+202E");
      assertThat(browser().count("main img, main script, main svg")).isZero();
      verdict("s");
    }
    assertThat(browser().evaluate("typeof window.broken").asText()).isEqualTo("undefined");
  }

  /** Ada and the one who labels here agree on two of three. */
  @Test
  void agreementIsShown() {
    Project project = Labelled.project(labels, "agreed", Labelled.pairs(3));
    labels.projects().change(project, "", 2);
    Labels adas = new Labels(labels.store(), Clock.systemUTC(), "Ada");
    for (int i = 0; i < 3; i++) {
      Labelled.answerNext(adas, project, "{'better': 0, 'strength': 1}");
      Labelled.answerNext(
          labels,
          project,
          i == 0 ? "{'better': 1, 'strength': 1}" : "{'better': 0, 'strength': 1}");
    }
    page.open("#/projects");
    browser()
        .evaluate(
            "[...document.querySelectorAll('.project')].find(p =>"
                + " p.textContent.startsWith('agreed')).querySelector('details').open = true");
    page.waitFor(
        "document.querySelector('main').textContent.includes('On 3 items with two answers')");
    assertThat(browser().text("main")).contains("Ada");
  }

  @Test
  void whatShowsNoFocusIsNoticed() {
    page.open("#/projects");
    browser().evaluate("document.querySelector('header a').style.outline = 'none'");
    assertThat(browser().notReachedByTab()).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({"light, 1400", "dark, 1400", "light, 390", "dark, 390"})
  void accessibilityRulesHold(String colorScheme, int width) throws IOException {
    Labelled.project(labels, "looked", Labelled.pairs(1));
    Labelled.project(labels, "looked rank", RANKING);
    Labelled.project(labels, "looked write", "{\"prompt\":\"Write\"}");
    browser().emulate(colorScheme, width);
    page.open("#/projects");
    browser().evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })");
    page.requireAccessible("projects-" + colorScheme + "-" + width);
    for (String project : List.of("looked", "looked rank", "looked write")) {
      open(project.replace(" ", "%20"));
      page.requireAccessible(project.replace(' ', '-') + "-" + colorScheme + "-" + width);
    }
  }
}
