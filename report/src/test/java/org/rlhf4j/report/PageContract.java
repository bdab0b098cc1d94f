package org.rlhf4j.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.testing.Browser;

/**
 * A page in a browser, from a file, opened anew for each test; and what holds of every page. A
 * subclass makes {@link #page} before all of its tests. Where the environment variable
 * REPORT_SCREENSHOTS names a folder, pictures of the page are left there.
 */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
abstract class PageContract {

  @TempDir static Path folder;
  static Browser browser;
  static Path page;

  @BeforeAll
  static void start() throws IOException {
    browser = Browser.start(folder.resolve("profile"));
  }

  @AfterAll
  static void stop() {
    browser.close();
  }

  @BeforeEach
  void open() {
    browser.emulate("light", 1320);
    browser.open(page);
  }

  @AfterEach
  void nothingWentWrong() {
    assertThat(browser.errors()).isEmpty();
    assertThat(browser.requests())
        .allSatisfy(url -> assertThat(url).isEqualTo(page.toUri().toString()));
  }

  /** What the page's first link says. */
  abstract String skipLink();

  @Test
  void isDrawnToItsEnd() {
    assertThat(browser.evaluate("document.documentElement.dataset.ready").asText())
        .isEqualTo("true");
  }

  @Test
  void theFirstKeyLeadsToTheSkipLink() {
    browser.key("Tab");
    assertThat(browser.evaluate("document.activeElement.textContent").asText())
        .isEqualTo(skipLink());
  }

  @ParameterizedTest
  @CsvSource({"light, 1320", "dark, 1320", "light, 400"})
  void accessibilityRulesHold(String colorScheme, int width) throws IOException {
    browser.emulate(colorScheme, width);
    browser.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })");
    browser.frame();
    JsonNode result = browser.accessibility();
    assertThat(result.get("violations")).isEmpty();
    assertThat(result.get("passes").intValue()).isGreaterThan(20);
    assertThat(browser.widerThanTheWindow()).as("nothing is wider than the window").isEmpty();
    picture(colorScheme + "-" + width);
  }

  /** The same rules do find a fault that is put in. */
  @Test
  void accessibilityRulesCanFail() throws IOException {
    browser.evaluate("document.querySelector('main h3').style.color = '#bbb'");
    assertThat(browser.accessibility().get("violations").toString()).contains("color-contrast");
  }

  private static void picture(String name) throws IOException {
    String target = System.getenv("REPORT_SCREENSHOTS");
    if (target != null) {
      String stem = page.getFileName().toString().replace(".html", "");
      Path file = Files.createDirectories(Path.of(target)).resolve(stem + "-" + name + ".png");
      browser.screenshot(file);
    }
  }
}
