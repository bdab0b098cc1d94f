package org.rlhf4j.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/** The page of runs in a browser. */
@EnabledIf(
    value = "org.rlhf4j.testing.Browser#isInstalled",
    disabledReason = "no Chromium on the PATH: the page isn't looked at in a browser")
class ReportPageTest extends PageContract {

  /** Longer than a prompt's box is high. */
  private static final String TEXT = WrittenRuns.HOSTILE + "\nand so on".repeat(20);

  @BeforeAll
  static void makeThePage() throws IOException {
    Path runs = folder.resolve("runs");
    WrittenRuns.sft(runs.resolve("sft"), 60);
    WrittenRuns.reward(runs.resolve("reward"));
    WrittenRuns.ppo(runs.resolve("ppo"), 30, 4, 12, TEXT);
    WrittenRuns.withTokenizer(runs.resolve("ppo"));
    WrittenRuns.ppo(runs.resolve("ppo <i>short"), 20, 4, 12, TEXT);
    page = folder.resolve("report.html");
    Report.write(List.of(runs), page);
  }

  @Override
  String skipLink() {
    return "Skip to the runs";
  }

  private static String text(String selector) {
    return browser.text(selector);
  }

  private static int count(String selector) {
    return browser.count(selector);
  }

  private static void focus(String selector) {
    browser.evaluate("document.querySelector('" + selector + "').focus()");
  }

  @Test
  void everySectionIsThere() {
    assertThat(text("nav"))
        .isEqualTo(
            "Runs\nHealth\nCurves\nCalibration\nBreakdowns\nMistakes\nSamples\nTokens\nSettings");
    assertThat(text("#runs")).contains("The reward rose by +2.70", "It learnt", "80.0 %");
    assertThat(text("#runs .card:nth-child(3)")).contains("! 1 warning");
    assertThat(text("#health"))
        .contains("ppo, step 3: hardly any completion ends by itself (ended 0.01).")
        .contains("raise --max-new-tokens, or");
    assertThat(count("#curves svg.plot")).isGreaterThan(8);
  }

  /** What would break out of a page that took texts for HTML is shown as it is. */
  @Test
  void textsAreNeverHtml() {
    assertThat(browser.evaluate("typeof window.broken").asText()).isEqualTo("undefined");
    assertThat(count("img")).isZero();
    assertThat(count("#runs i:not(.key)")).isZero();
    assertThat(text("#samples .prompt")).isEqualTo(TEXT);
    assertThat(text("#samples .side:last-child .completion")).isEqualTo("so " + TEXT);
    assertThat(text("#settings")).contains(WrittenRuns.HOSTILE);
  }

  @Test
  void pointingAtAPlotReadsAllPlotsThere() {
    browser.evaluate(
        "document.querySelector('#curves svg.plot').scrollIntoView({block: 'center', behavior:"
            + " 'instant'})");
    browser.frame();
    JsonNode box =
        browser.evaluate(
            "(() => { const b = document.querySelector('#curves svg.plot').getBoundingClientRect();"
                + " return {x: b.left, y: b.top, w: b.width, h: b.height}; })()");
    double y = box.get("y").doubleValue() + box.get("h").doubleValue() / 2;
    double x = box.get("x").doubleValue();
    // Steps 1 to 30 lie between a margin of 52 pixels and one of 10; the middle, 15.5, is nearest
    // 16.
    double quarter = x + 52 + (box.get("w").doubleValue() - 62) / 4;
    double middle = x + 52 + (box.get("w").doubleValue() - 62) / 2;
    assertThat(text("#curves .readout")).startsWith("last");
    browser.mouse("mouseMoved", middle, y);
    browser.frame();
    assertThat(text("#curves .readout")).startsWith("step 16").contains("ppo 1.6");
    assertThat(text("#curves .card:nth-child(2) .readout")).startsWith("step 16");
    // Dragging from a quarter to the middle shows those steps alone, in every plot.
    browser.mouse("mousePressed", quarter, y);
    browser.mouse("mouseMoved", middle, y);
    browser.mouse("mouseReleased", middle, y);
    browser.frame();
    JsonNode ticks =
        browser.evaluate(
            "[...views[0].charts[1].svg.querySelectorAll('text')]"
                + ".filter(t => t.getAttribute('text-anchor') === 'middle')"
                + ".map(t => Number(t.textContent))");
    assertThat(ticks).allSatisfy(tick -> assertThat(tick.intValue()).isBetween(7, 16));
  }

  @Test
  void plotsAreReadAndZoomedWithTheKeyboard() {
    focus("#curves svg.plot");
    browser.key("ArrowLeft");
    browser.key("ArrowLeft");
    assertThat(text("#curves .readout")).startsWith("step 28").contains("ppo 2.8");
    browser.key("+");
    assertThat(browser.evaluate("views[0].range").isArray()).isTrue();
    assertThat(browser.evaluate("views[1].range").isNull()).isTrue();
    browser.key("Escape");
    assertThat(browser.evaluate("views[0].range").isNull()).isTrue();
  }

  @Test
  void aRunIsTakenOutOfTheCurves() {
    assertThat(text("#curves .readout")).contains("ppo <i>short");
    browser.evaluate("document.querySelectorAll('#runs input')[3].click()");
    assertThat(text("#curves .readout")).doesNotContain("ppo <i>short").contains("ppo 3");
  }

  @Test
  void eachPlotHasItsTable() {
    browser.evaluate("document.querySelector('#curves figure details').open = true");
    browser.frame();
    assertThat(text("#curves figure thead")).contains("step", "ppo");
    assertThat(text("#curves figure tbody tr:nth-child(3)")).contains("3", "0.3");
  }

  @Test
  void tokensAreReadWithTheKeyboard() {
    focus("#tokens [role=option]");
    String first = text("#tokens .detail");
    browser.key("ArrowRight");
    assertThat(text("#tokens .detail")).contains("2 of 12").isNotEqualTo(first);
    // sin(1) − sin(2) = 0.841471 − 0.909297
    assertThat(text("#tokens .detail")).contains("-0.06783");
    browser.key("End");
    assertThat(text("#tokens .detail")).contains("12 of 12");
    assertThat(browser.evaluate("document.activeElement.getAttribute('aria-selected')").asText())
        .isEqualTo("true");
  }

  /**
   * What the completion follows is in sight, and what is above can be scrolled to with the
   * keyboard.
   */
  @Test
  void aLongPromptShowsItsEnd() {
    assertThat(
            browser.evaluate(
                "(() => { const p = document.querySelector('#samples .prompt');"
                    + " return p.scrollTop > 0 && p.tabIndex === 0"
                    + " && p.scrollTop + p.clientHeight >= p.scrollHeight - 1; })()"))
        .isEqualTo(BooleanNode.TRUE);
  }

  @Test
  void samplesOfAnyTwoRunsStandSideBySide() {
    assertThat(text("#samples .side:last-child .label")).contains("reward 2", "+3");
    browser.evaluate(
        "(() => { const s = document.querySelectorAll('#samples select')[0];"
            + " s.value = '0:0'; s.dispatchEvent(new Event('change')); })()");
    assertThat(text("#samples")).contains("These two runs have no prompt in common");
  }
}
