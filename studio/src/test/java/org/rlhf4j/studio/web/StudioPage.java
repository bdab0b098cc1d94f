package org.rlhf4j.studio.web;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.rlhf4j.testing.Browser;

/**
 * The studio's page in a browser. Where the environment variable STUDIO_SCREENSHOTS names a folder,
 * pictures of the pages are left there.
 */
final class StudioPage implements AutoCloseable {

  /** Texts that would break out of a page that took them for HTML, or turn it around. */
  static final String HOSTILE =
      "</script><script>window.broken = 1</script><img src=x onerror=\"window.broken = 2\"><!--"
          + "<svg onload=\"window.broken = 3\"> javascript:window.broken=4 \u202Egnp.exe";

  static final String HOSTILE_NAME = "<img src=x onerror=broken=1>";
  static final String HOSTILE_NAME_ENCODED = "%3Cimg%20src%3Dx%20onerror%3Dbroken%3D1%3E";

  private final URI studio;
  private final Browser browser;

  private StudioPage(URI studio, Browser browser) {
    this.studio = studio;
    this.browser = browser;
  }

  static StudioPage start(URI studio) throws IOException {
    return new StudioPage(studio, Browser.start(Files.createTempDirectory("studio-browser")));
  }

  static void writeSample(Path file) throws IOException {
    Files.writeString(
        file,
        new ObjectMapper()
                .createObjectNode()
                .put("step", 50)
                .put("prompt", HOSTILE)
                .put("completion", HOSTILE)
                .put("ended", true)
            + "\n");
  }

  Browser browser() {
    return browser;
  }

  /** Opens a page of the studio anew, and waits until it is drawn. */
  void open(String hash) {
    browser.open(URI.create("about:blank"));
    browser.open(studio.resolve("/" + hash));
    waitFor("document.documentElement.dataset.ready");
  }

  /** Waits until something holds in the page; it fails after ten seconds. */
  void waitFor(String condition) {
    waitFor(condition, 10);
  }

  /** Waits until something holds in the page; it fails after so many seconds. */
  void waitFor(String condition, int seconds) {
    JsonNode held =
        browser.evaluate(
            "new Promise((done) => { const end = Date.now() + "
                + 1000 * seconds
                + "; const look = () => {"
                + " if ("
                + condition
                + ") { done(true); } else if (Date.now() > end) { done(false); }"
                + " else { setTimeout(look, 20); } }; look(); })");
    assertThat(held.booleanValue()).as(condition + " in " + browser.text("main")).isTrue();
    browser.frame();
  }

  void requireNothingWrong() {
    assertThat(browser.errors()).isEmpty();
    assertThat(browser.requests()).allSatisfy(url -> assertThat(url).startsWith(studio.toString()));
  }

  void requireAccessible(String picture) throws IOException {
    JsonNode result = browser.accessibility();
    assertThat(result.get("violations")).isEmpty();
    assertThat(result.get("passes").intValue()).isGreaterThan(15);
    assertThat(browser.widerThanTheWindow()).as("nothing is wider than the window").isEmpty();
    String target = System.getenv("STUDIO_SCREENSHOTS");
    if (target != null) {
      browser.screenshot(Files.createDirectories(Path.of(target)).resolve(picture + ".png"));
    }
    assertThat(browser.notReachedByTab()).as("all can be used by keys alone").isEmpty();
  }

  @Override
  public void close() {
    browser.close();
  }
}
