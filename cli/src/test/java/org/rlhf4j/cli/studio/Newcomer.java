package org.rlhf4j.cli.studio;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.rlhf4j.testing.Browser;

/**
 * Somebody who has never seen the studio: with keys alone they label, talk, train and look at what
 * came of it. The studio is the real command in a process of its own.
 */
final class Newcomer implements AutoCloseable {

  /** Of waiting, half a minute each. */
  private static final int ROUNDS = 8;

  private final Process studio;
  private final URI address;
  private final Browser browser;
  private final Map<String, String> better;

  private Newcomer(Process studio, URI address, Browser browser, Map<String, String> better) {
    this.studio = studio;
    this.address = address;
    this.browser = browser;
    this.better = better;
  }

  /**
   * Starts the studio and opens a browser.
   *
   * @param better by both texts of a pair, in whatever order, the better one
   * @param arguments what stands after {@code rlhf studio}
   */
  static Newcomer start(Map<String, String> better, String... arguments) throws IOException {
    List<String> line = new ArrayList<>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    line.addAll(List.of("-XX:+UseSerialGC", "-Dai.djl.offline=true", "-cp", classPath()));
    line.addAll(List.of(StudioCommand.MAIN, "studio", "--port", "0"));
    line.addAll(Arrays.asList(arguments));
    Process studio =
        new ProcessBuilder(line).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(studio.getInputStream(), StandardCharsets.UTF_8));
    String address = out.readLine();
    assertThat(address).as("the studio's address").startsWith("http://127.0.0.1:");
    Browser browser = Browser.start(Files.createTempDirectory("newcomer"));
    return new Newcomer(studio, URI.create(address), browser, better);
  }

  private static String classPath() {
    return Thread.currentThread().getContextClassLoader() instanceof URLClassLoader loader
        ? Arrays.stream(loader.getURLs())
            .map(URL::getPath)
            .collect(Collectors.joining(File.pathSeparator))
        : System.getProperty("java.class.path");
  }

  /** Both texts of a pair as one key. */
  static String pair(String one, String other) {
    return one.compareTo(other) < 0 ? one + "\n" + other : other + "\n" + one;
  }

  Browser browser() {
    return browser;
  }

  void open(String page) {
    browser.open(URI.create("about:blank"));
    browser.open(address.resolve("/" + page));
    await("document.documentElement.dataset.ready");
  }

  /** Waits until something holds in the page; it fails after minutes. */
  void await(String condition) {
    boolean held = false;
    for (int round = 0; round < ROUNDS && !held; round++) {
      held =
          browser
              .evaluate(
                  "new Promise((done) => { const end = Date.now() + 30000; const look = () => { if ("
                      + condition
                      + ") { done(true); } else if (Date.now() > end) { done(false); }"
                      + " else { setTimeout(look, 30); } }; look(); })")
              .booleanValue();
    }
    assertThat(held).as(condition + " in " + browser.text("main")).isTrue();
    browser.frame();
  }

  private String item() {
    return browser.evaluate("document.documentElement.dataset.item").asText();
  }

  private void press(String key) {
    String before = item();
    browser.key(key);
    await("document.documentElement.dataset.item !== '" + before + "'");
  }

  private String reply(String side) {
    String element =
        "document.querySelector(\"[aria-labelledby='side-" + side + "'] .completion\")";
    return browser.evaluate(element + ".textContent").asText();
  }

  /** Says which reply is much better, as somebody does who knows it. */
  void judge() {
    String left = reply("A");
    press(better.get(pair(left, reply("B"))).equals(left) ? "1" : "8");
  }

  /** Labels so many pairs of a project, and takes one back on the way. */
  void label(String project, int pairs) {
    open("#/label/" + project);
    await("document.documentElement.dataset.item");
    for (int i = 0; i < pairs; i++) {
      judge();
      if (i == pairs / 2) {
        press("u");
        judge();
      }
    }
  }

  /** Moves the first of several replies to the second place. */
  void rank(String project) {
    open("#/label/" + project);
    await("document.documentElement.dataset.item");
    browser.key("ArrowDown");
    browser.evaluate("document.querySelector('.send').focus()");
    press("Enter");
  }

  /** Writes a reply. */
  void write(String project, String text) {
    open("#/label/" + project);
    await("document.activeElement.id === 'reply'");
    type(text);
    browser.key("Tab");
    press("Enter");
  }

  private void type(String text) {
    text.chars().forEach(c -> browser.key(String.valueOf((char) c)));
  }

  /** Says something to the model, and prefers its left reply. */
  void talk(String... messages) {
    open("#/talk");
    for (int turn = 1; turn <= messages.length; turn++) {
      await("document.activeElement.id === 'message'");
      type(messages[turn - 1]);
      browser.key("Enter");
      await("document.querySelector('#choice .pair') !== null");
      browser.key("1");
      await("document.documentElement.dataset.turns === '" + 2 * turn + "'");
    }
  }

  /** Trains a reward model, and waits until it is held against the labels. */
  void train(String project, String name) {
    open("#/circle/" + project);
    await("document.getElementById('train') !== null");
    browser.evaluate("document.getElementById('train').focus()");
    browser.key("Enter");
    await("document.querySelector('.trainings').textContent.includes('" + name + "')");
    await("document.documentElement.dataset.training === 'finished'");
    await(
        "document.querySelector('#circle-model')?.selectedOptions[0].text.startsWith('"
            + name
            + "')");
    await("/^[0-9]+$/.test(document.documentElement.dataset.circle)");
  }

  /** How a reward model is judged: the cells of its row. */
  List<String> row(String name) {
    List<String> cells = new ArrayList<>();
    browser
        .evaluate(
            "[...document.querySelectorAll('.trainings tbody tr')]"
                + ".filter(row => row.cells[0].textContent === '"
                + name
                + "').flatMap(row => [...row.cells].map(cell => cell.textContent))")
        .forEach(cell -> cells.add(cell.asText()));
    return cells;
  }

  /** Labels the pair again that the model gets most wrong, if there is one. */
  boolean relabel(String project) {
    if (browser.count(".mistake-pair") == 0) {
      return false;
    }
    browser.evaluate("document.querySelector('.mistake-pair button').focus()");
    browser.key("Enter");
    await("document.querySelector('.mistake-pair a') !== null");
    browser.key("Enter");
    await("location.hash === '#/label/" + project + "'");
    await("document.documentElement.dataset.ready === 'label'");
    judge();
    return true;
  }

  /** Axe finds nothing, nothing is too wide, and a picture is left where one is wanted. */
  void look(String page, String picture) throws IOException {
    for (String scheme : List.of("light", "dark")) {
      for (int width : List.of(1400, 390)) {
        browser.emulate(scheme, width);
        open(page);
        await("/^[0-9]+$/.test(document.documentElement.dataset.circle)");
        assertThat(browser.accessibility().get("violations")).isEmpty();
        assertThat(browser.widerThanTheWindow()).isEmpty();
        String target = System.getenv("STUDIO_SCREENSHOTS");
        if (target != null) {
          Path folder = Files.createDirectories(Path.of(target));
          browser.screenshot(folder.resolve(picture + "-" + scheme + "-" + width + ".png"));
        }
      }
    }
    browser.emulate("light", 1400);
  }

  void requireNothingWrong() {
    assertThat(browser.errors()).isEmpty();
    assertThat(browser.requests())
        .allSatisfy(url -> assertThat(url).startsWith(address.toString()));
  }

  @Override
  public void close() {
    browser.close();
    studio.destroy();
    studio.onExit().join();
  }
}
