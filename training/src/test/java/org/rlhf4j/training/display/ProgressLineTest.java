package org.rlhf4j.training.display;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.rlhf4j.training.run.Metrics;

class ProgressLineTest {

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private long millis;

  private ProgressLine line(boolean terminal, int done, int steps) {
    return line(terminal, 100, done, steps);
  }

  private ProgressLine line(boolean terminal, int columns, int done, int steps) {
    PrintStream stream = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    Display display =
        new Display(stream, terminal, columns, () -> TimeUnit.MILLISECONDS.toNanos(millis));
    return new ProgressLine("sft", done, steps, List.of("loss", "kl", "grad_norm"), display);
  }

  private String output() {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void plainLinesAtFirstLastAndEachTenth() {
    try (ProgressLine line = line(false, 0, 40)) {
      for (int step = 1; step <= 40; step++) {
        millis += 500;
        line.update(step, new Metrics().put("loss", 3.21774).put("grad_norm", 0.00012));
      }
    }
    // step 4: 4 in 2 s; 36 left at 0.5 s each = 18 s
    assertThat(output().lines())
        .hasSize(11)
        .startsWith(
            "sft: step 1/40, loss 3.218, grad_norm 1.2e-04",
            "sft: step 4/40, 2.0 steps/s, 0:18 left, loss 3.218, grad_norm 1.2e-04")
        .endsWith("sft: step 40/40, 2.0 steps/s, 0:00 left, loss 3.218, grad_norm 1.2e-04");
  }

  @Test
  void plainLinesAtLeastEveryHalfMinute() {
    try (ProgressLine line = line(false, 0, 1000)) {
      for (int step = 1; step <= 7; step++) {
        millis += 10_000;
        line.update(step, new Metrics());
      }
    }
    // at 10, 40 and 70 s
    assertThat(output().lines().map(text -> text.replaceAll(",.*", "")))
        .containsExactly("sft: step 1/1000", "sft: step 4/1000", "sft: step 7/1000");
  }

  /** The first step takes 20 s, the second 2 s. */
  @Test
  void theTimeLeftIsOfTheStepsAfterTheFirst() {
    try (ProgressLine line = line(false, 0, 5)) {
      millis += 20_000;
      line.update(1, new Metrics());
      millis += 2_000;
      line.update(2, new Metrics());
    }
    assertThat(output().lines())
        .containsExactly("sft: step 1/5", "sft: step 2/5, 2.0 s/step, 0:06 left");
  }

  @Test
  void theBarTellsTheSameTimeLeft() {
    try (ProgressLine line = line(true, 0, 4)) {
      millis += 60_000;
      line.update(1, new Metrics());
    }
    assertThat(output()).contains("0:03:00"); // three steps of a minute
  }

  @Test
  void theRateIsThatOfTheResumedPartAlone() {
    try (ProgressLine line = line(false, 50, 100)) {
      millis += 200_000;
      line.update(51, new Metrics());
      millis += 90_000;
      line.update(52, new Metrics());
    }
    // 48 steps at 90 s = 4320 s
    assertThat(output().lines())
        .containsExactly("sft: step 51/100", "sft: step 52/100, 90.0 s/step, 1:12:00 left");
  }

  @Test
  void aTerminalHasABarThatEndsItsLine() {
    try (ProgressLine line = line(true, 0, 4)) {
      line.update(1, new Metrics().put("loss", 2));
      line.update(4, new Metrics().put("loss", 0.5));
    }
    String last = output().substring(output().lastIndexOf('\r'));
    assertThat(last).startsWith("\r\u001b[Ksft").contains("100%", "4/4", "loss 0.5000");
    assertThat(last).endsWith(System.lineSeparator());
  }

  @Test
  void aTerminalsLineFitsItsWidth() {
    try (ProgressLine line = line(true, 30, 0, 4)) {
      line.update(1, new Metrics().put("loss", 2));
    }
    for (String drawn : output().split("\r")) {
      assertThat(drawn.replace("\u001b[K", "").stripTrailing()).hasSizeLessThan(30);
    }
  }

  @Test
  void aWarningHasALineOfItsOwnAboveTheBar() {
    try (ProgressLine line = line(true, 0, 4)) {
      line.update(1, new Metrics());
      line.warn("ratio far from 1");
    }
    assertThat(output()).contains("\r\u001b[Kratio far from 1" + System.lineSeparator());
  }

  @Test
  void jsonHasAnObjectForWhatWouldBeALine() throws IOException {
    try (PrintStream raw = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        PrintStream json = Display.Form.JSON.over(raw)) {
      Display display =
          new Display(json, false, 100, () -> TimeUnit.MILLISECONDS.toNanos(millis), json);
      ProgressLine line = new ProgressLine("sft", 0, 4, List.of("loss", "kl"), display);
      json.println("training rows: 3");
      millis = 2000;
      line.update(1, new Metrics().put("loss", 1.5).put("kl", Double.NaN));
      line.warn("ratio far from 1");
    }
    List<JsonNode> objects = new ArrayList<>();
    for (String text : output().lines().toList()) {
      objects.add(new ObjectMapper().readTree(text));
    }
    assertThat(objects).hasSize(3).allMatch(one -> one.path("time").asText().endsWith("Z"));
    assertThat(objects.get(0).path("message").textValue()).isEqualTo("training rows: 3");
    JsonNode step = objects.get(1);
    assertThat(step.path("stage").textValue()).isEqualTo("sft");
    assertThat(step.path("step").intValue()).isEqualTo(1);
    assertThat(step.path("steps").intValue()).isEqualTo(4);
    assertThat(step.path("seconds_left").doubleValue()).isEqualTo(6); // 3 steps of 2 s
    assertThat(step.path("loss").doubleValue()).isEqualTo(1.5);
    assertThat(step.has("kl")).isFalse(); // JSON has no NaN
    assertThat(objects.get(2).path("message").textValue()).isEqualTo("ratio far from 1");
  }

  @Test
  void quietShowsWarningsAlone() {
    PrintStream raw = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    Display display = new Display(Display.Form.QUIET.over(raw), false, 100, System::nanoTime, raw);
    try (ProgressLine line = new ProgressLine("sft", 0, 1, List.of(), display)) {
      line.update(1, new Metrics());
      line.warn("ratio far from 1");
    }
    assertThat(output()).isEqualToIgnoringNewLines("ratio far from 1");
  }

  /** A listener hears of every step, and nothing of it is printed. */
  @Test
  void aListenerHearsAll() {
    List<String> heard = new ArrayList<>();
    Display display =
        Display.telling(
            new ProgressListener() {
              @Override
              public void step(Progress progress) {
                heard.add(progress.line("loss") + ", kl " + progress.get("kl"));
              }

              @Override
              public void warning(String line) {
                heard.add("warning: " + line);
              }

              @Override
              public void note(String line) {
                heard.add("note: " + line);
              }
            });
    try (ProgressLine line = new ProgressLine("sft", 0, 30, List.of("loss"), display)) {
      display.stream().println("rows: 3");
      line.update(1, new Metrics().put("loss", 3.21774));
      line.update(2, new Metrics().put("loss", 3.1));
      line.warn("ratio far from 1");
    }
    assertThat(heard)
        .containsExactly(
            "note: rows: 3",
            "sft 1/30, loss 3.218, kl NaN",
            "sft 2/30, loss 3.100, kl NaN",
            "warning: ratio far from 1");
  }
}
