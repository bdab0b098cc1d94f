package org.rlhf4j.studio.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
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
import org.rlhf4j.studio.circle.TinyReward;
import org.rlhf4j.studio.label.Labelled;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.label.Project;
import org.rlhf4j.studio.runs.WatchedRuns;
import org.rlhf4j.testing.Browser;

/** A reward model held against labels in a browser. */
@EnabledIf(
    value = "org.rlhf4j.testing.Browser#isInstalled",
    disabledReason = "no Chromium on the PATH: the page isn't looked at in a browser")
class CirclePageTest {

  private static final int PAIRS = 12;

  @TempDir static Path folder;
  private static Labels labels;
  private static TinyCircle circle;
  private static StudioServer server;
  private static StudioPage page;

  @BeforeAll
  static void start() throws IOException {
    labels = Labelled.in(folder.resolve("store"));
    circle = new TinyCircle(labels.store(), folder);
    circle.parts().models().brought(TinyReward.in(folder.resolve("tiny"), 1));
    circle.parts().trainings().start();
    server =
        StudioServer.start(
            new StudioServer.Listening("127.0.0.1", 0, Optional.empty()),
            new WatchedRuns(folder.resolve("runs")),
            labels,
            Optional.empty(),
            Optional.of(circle.parts()));
    page = StudioPage.start(server.address());
  }

  @AfterAll
  static void stop() {
    page.close();
    server.close();
    circle.close();
    labels.store().close();
  }

  @AfterEach
  void nothingWentWrong() {
    page.requireNothingWrong();
  }

  private static Browser browser() {
    return page.browser();
  }

  /** Every other answer says the contrary of the one before, so that some are wrong. */
  private static Project labelled(String name, String... rows) {
    Project project = Labelled.project(labels, name, rows);
    for (int i = 0; i < rows.length; i++) {
      int better = i % 2;
      Labelled.answerNext(
          labels, project, "{'better': %s, 'strength': %s}".formatted(better, 1 + i % 4));
    }
    return project;
  }

  private static void open(String project) {
    page.open("#/circle/" + project);
    page.waitFor("/^[0-9]+$/.test(document.documentElement.dataset.circle)");
  }

  @Test
  void aModelIsHeldAgainstLabels() {
    labelled("held", Labelled.pairs(PAIRS));
    open("held");
    assertThat(browser().text(".headline"))
        .contains(PAIRS + " pairs that are new to it and drawn at random");
    assertThat(browser().count(".mistake-pair")).isPositive();
    assertThat(browser().text("main")).contains("By annotator", "local", "much better");
    browser().evaluate("document.getElementById('circle-use').click()");
    page.waitFor("document.querySelector('#circle-model').textContent.includes('(in use)')");
  }

  @Test
  void aWrongPairIsLabelledAgainAndSentToReviewers() {
    Project project = labelled("again", Labelled.pairs(PAIRS));
    open("again");
    browser().evaluate("document.querySelector('.mistake-pair button').focus()");
    browser().key("Enter");
    page.waitFor("document.querySelector('.mistake-pair').textContent.includes('in your queue')");
    assertThat(labels.labelling().progress(project, labels.annotator()).left()).isEqualTo(1);
    browser()
        .evaluate(
            "document.querySelectorAll('.mistake-pair')[1].querySelectorAll('button')[1].click()");
    page.waitFor(
        "document.querySelectorAll('.mistake-pair')[1].textContent.includes('Sent to reviewers')");
    browser().evaluate("document.querySelector('.mistake-pair a').click()");
    page.waitFor("document.documentElement.dataset.item");
    browser().key("8");
    page.waitFor("document.documentElement.dataset.item === 'none'");
    assertThat(labels.labelling().progress(project, labels.annotator()).left()).isZero();
  }

  @Test
  void theNextItemsAreChosen() {
    Project project = Labelled.project(labels, "chosen", Labelled.pairs(PAIRS));
    Labelled.answerNext(labels, project, "{'better': 0, 'strength': 1}");
    open("chosen");
    browser().evaluate("document.getElementById('choice-strategy').value = 'smallest-margin'");
    browser().evaluate("document.getElementById('choose').focus()");
    browser().key("Enter");
    page.waitFor("/items have a place by tiny/.test(document.querySelector('main').textContent)");
    assertThat(browser().evaluate("document.getElementById('choice-strategy').value").asText())
        .isEqualTo("smallest-margin");
  }

  /** A training in a process of its own, from the form to the new reward model. */
  @Test
  void aRewardModelIsTrained() throws IOException {
    labelled("trained", Labelled.pairs(PAIRS));
    open("trained");
    browser().evaluate("document.getElementById('train-epochs').value = '20'");
    browser().evaluate("document.getElementById('train').focus()");
    browser().key("Enter");
    page.waitFor("document.documentElement.dataset.training === 'running'");
    browser().evaluate("window.drawn = document.querySelector('.trainings').firstChild; 1");
    browser().evaluate("window.drawn.querySelector('.log').focus()");
    page.waitFor("document.querySelector('.trainings').firstChild !== window.drawn");
    assertThat(
            browser()
                .evaluate("document.activeElement.closest('.trainings') !== null")
                .booleanValue())
        .as("the focus stays where it is drawn anew")
        .isTrue();
    page.waitFor("document.documentElement.dataset.training === 'finished'", 60);
    page.waitFor(
        "document.querySelector('#circle-model').selectedOptions[0].text.startsWith('trained-1')");
    assertThat(browser().text(".trainings")).contains("trained-1", "Reward models from these");
    assertThat(browser().text("main")).contains("it learnt from these labels");
    page.waitFor("document.documentElement.dataset.circle !== 'scoring'");
    for (String colorScheme : List.of("light", "dark")) {
      browser().emulate(colorScheme, 390);
      page.requireAccessible("trained-" + colorScheme + "-390");
    }
  }

  @Test
  void hostileTextsAreShownAsTheyAre() {
    String[] rows = new String[6];
    for (int i = 0; i < rows.length; i++) {
      rows[i] =
          "{\"prompt\":\"<img src=x onerror='broken=%s'>\",\"completions\":[\" <b>%s\",\" </b>%s\"]}"
              .formatted(i, i, i * 7);
    }
    labelled("hostile", rows);
    open("hostile");
    assertThat(browser().count("main img, main b")).isZero();
    assertThat(browser().text(".mistake-pair")).contains("<img src=x");
    assertThat(browser().evaluate("typeof window.broken").asText()).isEqualTo("undefined");
  }

  @ParameterizedTest
  @CsvSource({"light, 1400", "dark, 1400", "light, 390", "dark, 390"})
  void accessibilityRulesHold(String colorScheme, int width) throws IOException {
    if (labels.projects().find("looked").isEmpty()) {
      labelled("looked", Labelled.pairs(PAIRS));
    }
    browser().emulate(colorScheme, width);
    open("looked");
    page.requireAccessible("circle-" + colorScheme + "-" + width);
  }
}
