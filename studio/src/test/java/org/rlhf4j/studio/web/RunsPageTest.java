package org.rlhf4j.studio.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.studio.label.Labelled;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.runs.WatchedRuns;

/** Watching runs in a browser. */
@EnabledIf(
    value = "org.rlhf4j.testing.Browser#isInstalled",
    disabledReason = "no Chromium on the PATH: the page isn't looked at in a browser")
class RunsPageTest {

  @TempDir static Path folder;
  private static Labels labels;
  private static StudioServer server;
  private static StudioPage page;

  @BeforeAll
  static void start() throws IOException {
    labels = Labelled.in(folder.resolve("store"));
    steps("sft", 1, 50);
    steps("pipeline/" + StudioPage.HOSTILE_NAME, 1, 30);
    StudioPage.writeSample(folder.resolve("sft/samples.jsonl"));
    server =
        StudioServer.start(
            new StudioServer.Listening("127.0.0.1", 0, Optional.empty()),
            new WatchedRuns(folder),
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

  private static void steps(String run, int from, int to) throws IOException {
    Path home = Files.createDirectories(folder.resolve(run));
    Files.writeString(home.resolve("config.yaml"), "stage: sft\n");
    for (int step = from; step <= to; step++) {
      Files.writeString(
          home.resolve("metrics.jsonl"),
          "{\"step\":" + step + ",\"loss\":" + 4.0 / step + "}\n",
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    }
  }

  private void open() {
    page.open("#/runs?run=sft");
    page.waitFor("document.querySelector('#settings') !== null");
  }

  @Test
  void aRunIsDrawnAndGrows() throws IOException {
    open();
    assertThat(page.browser().text("#curves .readout")).contains("sft 0.08");
    steps("sft", 51, 80);
    page.waitFor("document.documentElement.dataset.live === '80'");
    assertThat(page.browser().text("#curves .readout")).contains("sft 0.05");
  }

  @Test
  void runsAreDrawnOverEachOtherAndFiltered() {
    open();
    page.browser().evaluate("document.querySelector('#list input[type=search]').focus()");
    "pipe".chars().forEach(c -> page.browser().key(String.valueOf((char) c)));
    assertThat(page.browser().count("#list li")).isEqualTo(1);
    assertThat(page.browser().text("#list [role=status]")).startsWith("1 of ");
    page.browser().evaluate("document.querySelector('#list li input').click()");
    page.waitFor("document.querySelectorAll('article.run').length === 2");
    page.waitFor("document.querySelector('#curves .readout')?.textContent.includes('onerror')");
    assertThat(page.browser().evaluate("location.hash").asText()).contains("run=sft&run=pipeline");
  }

  /** Names and texts of a run are shown as they are. */
  @Test
  void textsAreNeverHtml() {
    page.open("#/runs?run=sft&run=pipeline%2F" + StudioPage.HOSTILE_NAME_ENCODED);
    page.waitFor("document.querySelector('#samples') !== null");
    assertThat(page.browser().text("#samples .side .completion")).isEqualTo(StudioPage.HOSTILE);
    assertThat(page.browser().count("img, main script, main svg script")).isZero();
    assertThat(page.browser().evaluate("typeof window.broken").asText()).isEqualTo("undefined");
  }

  /** The page asks twice, and then as the command does: by a file that the trainer looks for. */
  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "other systems don't list their locks")
  void aRunThatRunsIsAskedToStop() throws IOException {
    steps("trained", 1, 3);
    Path lock = folder.resolve("trained/run.lock");
    Files.createFile(lock);
    try (OtherLock held = OtherLock.hold(lock)) {
      assertThat(held.isHeld()).isTrue();
      page.open("#/runs?run=trained");
      page.waitFor("document.querySelector('article.run .buttons button')?.offsetParent");
      page.browser().evaluate("document.querySelector('article.run .buttons button').click()");
      assertThat(folder.resolve("trained/stop")).doesNotExist();
      page.browser().key("Enter");
      page.waitFor(
          "document.querySelector('article.run').textContent.includes('ends in its step or after"
              + " it')");
      assertThat(folder.resolve("trained/stop")).exists();
    }
  }

  @ParameterizedTest
  @CsvSource({"light, 1400", "dark, 1400", "light, 390", "dark, 390"})
  void accessibilityRulesHold(String colorScheme, int width) throws IOException {
    page.browser().emulate(colorScheme, width);
    open();
    page.requireAccessible("runs-" + colorScheme + "-" + width);
  }
}
