package org.rlhf4j.studio.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.studio.label.Export;
import org.rlhf4j.studio.label.Labelled;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.runs.WatchedRuns;
import org.rlhf4j.studio.talk.Replies;
import org.rlhf4j.studio.talk.TinyTalk;

/** Talking with a model in a browser. */
@EnabledIf(
    value = "org.rlhf4j.testing.Browser#isInstalled",
    disabledReason = "no Chromium on the PATH: the page isn't looked at in a browser")
class TalkPageTest {

  @TempDir static Path folder;
  private static Labels labels;
  private static Replies replies;
  private static StudioServer server;
  private static StudioPage page;

  @BeforeAll
  static void start() throws IOException {
    labels = Labelled.in(folder.resolve("store"));
    replies = TinyTalk.replies(1);
    server =
        StudioServer.start(
            new StudioServer.Listening("127.0.0.1", 0, Optional.empty()),
            new WatchedRuns(folder.resolve("runs")),
            labels,
            Optional.of(replies));
    page = StudioPage.start(server.address());
  }

  @AfterAll
  static void stop() {
    page.close();
    server.close();
    replies.close();
    labels.store().close();
  }

  @AfterEach
  void nothingWentWrong() {
    page.requireNothingWrong();
  }

  private static void say(String message) {
    page.waitFor("document.activeElement.id === 'message'");
    for (char c : message.toCharArray()) {
      page.browser().key(String.valueOf(c));
    }
    page.browser().key("Enter");
    page.waitFor("document.querySelector('#choice .pair') !== null");
  }

  @Test
  void twoTurnsAreTwoComparisons() throws IOException {
    page.open("#/talk");
    say("hi");
    page.requireAccessible("talk-light");
    String left =
        page.browser()
            .evaluate("document.querySelector('#choice .side .completion').textContent")
            .asText();
    page.browser().key("1");
    page.waitFor("document.documentElement.dataset.turns === '2'");
    say("why");
    page.browser().key("8");
    page.waitFor("document.documentElement.dataset.turns === '4'");
    List<String> rows = new ArrayList<>();
    Export.of(
        labels.store(),
        labels.projects().named("talk"),
        Export.Choices.USUAL,
        row -> rows.add(row.get("prompt").textValue() + "|" + row.get("chosen").textValue()));
    assertThat(rows).hasSize(2);
    assertThat(rows.get(0)).startsWith("Q: hi A:|");
    assertThat(rows.get(1)).startsWith("Q: hi A:" + rows.get(0).substring(9) + "\nQ: why A:|");
    assertThat(left).isNotEmpty();
  }
}
