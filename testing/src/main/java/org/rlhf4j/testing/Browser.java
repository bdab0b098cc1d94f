package org.rlhf4j.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A headless Chromium driven over its DevTools protocol, with the JDK's own WebSocket: keys and
 * mouse are the browser's, not scripted events, and no driver has to be installed.
 */
public final class Browser implements AutoCloseable {

  private static final String STOPS_OF_TAB =
      """
      (() => {
        const reached = new Set();
        const named = (e) => e.type === "radio" ? e.name : e;
        const kinds = "a[href], button, input, select, textarea, summary, [tabindex]";
        const stops = [...document.querySelectorAll(kinds)].filter((e) =>
          e.tabIndex >= 0 && !e.disabled && e.checkVisibility({visibilityProperty: true}));
        document.addEventListener("focusin", ({target}) => {
          if (getComputedStyle(target).outlineStyle !== "none") {
            reached.add(named(target));
          }
        });
        window.notReached = () =>
          stops.filter((e) => !reached.has(named(e))).map((e) => e.outerHTML.slice(0, 200));
        return stops.length;
      })()\
      """;

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String AXE = "META-INF/resources/webjars/axe-core/4.6.3/axe.min.js";
  private static final Pattern LISTENING = Pattern.compile("DevTools listening on (ws://\\S+)");
  private static final List<String> NAMES =
      List.of("chromium", "chromium-browser", "google-chrome");

  private final Process process;
  private final WebSocket socket;
  private final AtomicInteger ids = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
  private final Map<String, CompletableFuture<JsonNode>> awaited = new ConcurrentHashMap<>();
  private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
  private final List<String> errors = Collections.synchronizedList(new ArrayList<>());
  private String session;

  private Browser(Process process, URI endpoint) {
    this.process = process;
    socket =
        HttpClient.newHttpClient()
            .newWebSocketBuilder()
            .buildAsync(endpoint, new Messages())
            .join();
    String target =
        send("Target.createTarget", Map.of("url", "about:blank")).get("targetId").asText();
    session =
        send("Target.attachToTarget", Map.of("targetId", target, "flatten", true))
            .get("sessionId")
            .asText();
    for (String domain : List.of("Page", "Runtime", "Network", "Log")) {
      send(domain + ".enable", Map.of());
    }
  }

  /** Whether there is a browser to start. */
  public static boolean isInstalled() {
    return find().isPresent();
  }

  /** Starts a browser with a fresh profile. */
  public static Browser start(Path profile) throws IOException {
    Process process =
        new ProcessBuilder(
                find().orElseThrow().toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--hide-scrollbars",
                "--window-size=1320,900",
                "--remote-debugging-port=0",
                "--user-data-dir=" + profile)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      return new Browser(process, endpoint(process));
    } catch (RuntimeException | IOException e) {
      process.destroyForcibly();
      throw e;
    }
  }

  private static Optional<Path> find() {
    return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
        .flatMap(folder -> NAMES.stream().map(name -> Path.of(folder, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private static URI endpoint(Process process) throws IOException {
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      Matcher listening = LISTENING.matcher(line);
      if (listening.find()) {
        drain(lines);
        return URI.create(listening.group(1));
      }
    }
    throw new IOException("the browser ended before it listened");
  }

  /** What it goes on to say, so that it never waits for a reader. */
  private static void drain(BufferedReader lines) {
    Thread reader = new Thread(() -> lines.lines().forEach(line -> {}), "browser-stderr");
    reader.setDaemon(true);
    reader.start();
  }

  /** Opens a file and waits until it is drawn. */
  public void open(Path file) {
    open(file.toUri());
  }

  /** Opens an address and waits until it is drawn. */
  public void open(URI address) {
    requests.clear();
    errors.clear();
    CompletableFuture<JsonNode> loaded = await("Page.loadEventFired");
    send("Page.navigate", Map.of("url", address.toString()));
    loaded.orTimeout(30, TimeUnit.SECONDS).join();
    frame();
  }

  /** Waits until the page is drawn anew. */
  public void frame() {
    evaluate(
        "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))");
  }

  /** The visible text of the first element that a selector finds. */
  public String text(String selector) {
    return evaluate("document.querySelector('" + selector + "').innerText").asText();
  }

  /** How many elements a selector finds. */
  public int count(String selector) {
    return evaluate("document.querySelectorAll('" + selector + "').length").intValue();
  }

  /** What axe finds: how many {@code passes}, and the {@code violations} with their elements. */
  public JsonNode accessibility() throws IOException {
    try (InputStream axe = Browser.class.getClassLoader().getResourceAsStream(AXE)) {
      evaluate(new String(axe.readAllBytes(), StandardCharsets.UTF_8) + "; 1");
    }
    return evaluate(
        "axe.run().then(r => ({passes: r.passes.length, violations: r.violations.map(v =>"
            + " v.id + ': ' + v.nodes.slice(0, 3).map(n => n.html + ' ' + n.failureSummary)"
            + ".join(' | '))}))");
  }

  /** Elements that reach beyond the right edge of the window without being scrolled. */
  public JsonNode widerThanTheWindow() {
    return evaluate(
        "[...document.querySelectorAll('main, main *')].filter(e => !e.closest('.scroll, svg') &&"
            + " e.getBoundingClientRect().right > innerWidth).map(e => e.outerHTML.slice(0, 200))");
  }

  /**
   * Goes through the page by the Tab key. Of radio buttons with one name the key reaches one.
   *
   * @return what can be used and wasn't reached so, or without a line around it
   */
  public JsonNode notReachedByTab() {
    int stops = evaluate(STOPS_OF_TAB).intValue();
    for (int i = 0; i < stops + 3; i++) { // it may begin anywhere, and passes the page's end
      key("Tab");
    }
    return evaluate("notReached()");
  }

  /** The value of an expression in the page, promises awaited. */
  public JsonNode evaluate(String expression) {
    JsonNode answer =
        send(
            "Runtime.evaluate",
            Map.of("expression", expression, "returnByValue", true, "awaitPromise", true));
    if (answer.has("exceptionDetails")) {
      throw new AssertionError(answer.get("exceptionDetails").toString());
    }
    return answer.get("result").path("value");
  }

  /** Presses and releases a key, such as {@code Tab}, {@code ArrowRight} or {@code +}. */
  public void key(String key) {
    Map<String, Integer> codes =
        Map.of(
            "Tab",
            9,
            "Enter",
            13,
            "Escape",
            27,
            "ArrowLeft",
            37,
            "ArrowUp",
            38,
            "ArrowRight",
            39,
            "ArrowDown",
            40,
            "End",
            35);
    ObjectNode press = JSON.createObjectNode().put("key", key).put("code", key);
    press.put("windowsVirtualKeyCode", codes.getOrDefault(key, (int) key.charAt(0)));
    if (key.length() == 1 || key.equals("Enter")) {
      press.put("text", key.equals("Enter") ? "\r" : key);
    }
    send("Input.dispatchKeyEvent", press.deepCopy().put("type", "keyDown"));
    send("Input.dispatchKeyEvent", press.deepCopy().put("type", "keyUp"));
    frame();
  }

  /** A mouse event at a place of the window, in CSS pixels. */
  public void mouse(String type, double x, double y) {
    send(
        "Input.dispatchMouseEvent",
        Map.of("type", type, "x", x, "y", y, "button", "left", "buttons", 1, "clickCount", 1));
  }

  /** Light or dark, and how wide the window is. */
  public void emulate(String colorScheme, int width) {
    send(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", colorScheme))));
    send(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", 900, "deviceScaleFactor", 1, "mobile", false));
    frame();
  }

  /** The whole page as an image. */
  public void screenshot(Path file) throws IOException {
    JsonNode size = send("Page.getLayoutMetrics", Map.of()).get("cssContentSize");
    Map<String, Object> clip =
        Map.of(
            "x", 0, "y", 0, "width", size.get("width"), "height", size.get("height"), "scale", 1);
    JsonNode shot =
        send("Page.captureScreenshot", Map.of("captureBeyondViewport", true, "clip", clip));
    Files.write(file, Base64.getDecoder().decode(shot.get("data").asText()));
  }

  /** What was asked for since the last page was opened. */
  public List<String> requests() {
    return List.copyOf(requests);
  }

  /** What went wrong in the pages. */
  public List<String> errors() {
    return List.copyOf(errors);
  }

  private CompletableFuture<JsonNode> await(String event) {
    CompletableFuture<JsonNode> future = new CompletableFuture<>();
    awaited.put(event, future);
    return future;
  }

  private JsonNode send(String method, Object parameters) {
    int id = ids.incrementAndGet();
    ObjectNode message = JSON.createObjectNode().put("id", id).put("method", method);
    message.set("params", JSON.valueToTree(parameters));
    if (session != null) {
      message.put("sessionId", session);
    }
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    answers.put(id, answer);
    socket.sendText(message.toString(), true).join();
    return answer.orTimeout(60, TimeUnit.SECONDS).join();
  }

  private void take(JsonNode message) {
    if (message.has("id")) {
      CompletableFuture<JsonNode> answer = answers.remove(message.get("id").asInt());
      if (message.has("error")) {
        answer.completeExceptionally(new AssertionError(message.get("error").toString()));
      } else {
        answer.complete(message.get("result"));
      }
      return;
    }
    JsonNode parameters = message.path("params");
    switch (message.path("method").asText()) {
      case "Network.requestWillBeSent" ->
          requests.add(parameters.path("request").path("url").asText());
      case "Runtime.exceptionThrown" -> errors.add(parameters.path("exceptionDetails").toString());
      case "Log.entryAdded" -> {
        if (parameters.path("entry").path("level").asText().equals("error")) {
          errors.add(parameters.path("entry").path("text").asText());
        }
      }
      default -> {
        CompletableFuture<JsonNode> event = awaited.remove(message.path("method").asText());
        if (event != null) {
          event.complete(parameters);
        }
      }
    }
  }

  @Override
  public void close() {
    session = null;
    send("Browser.close", Map.of());
    process.onExit().orTimeout(30, TimeUnit.SECONDS).join();
  }

  /** Puts messages together from their parts. */
  private final class Messages implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
      text.append(part);
      if (last) {
        String whole = text.toString();
        text.setLength(0);
        try {
          take(JSON.readTree(whole));
        } catch (IOException e) {
          errors.add(e.toString());
        }
      }
      from.request(1);
      return null;
    }
  }
}
