package org.rlhf4j.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

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
            "sft: step 1/40, 2.0 steps/s, 0:20 left, loss 3.218, grad_norm 1.2e-04",
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

  @Test
  void theRateIsThatOfTheResumedPartAlone() {
    try (ProgressLine line = line(false, 50, 100)) {
      millis += 90_000;
      line.update(51, new Metrics());
    }
    // 49 steps at 90 s = 4410 s
    assertThat(output()).isEqualToIgnoringNewLines("sft: step 51/100, 90.0 s/step, 1:13:30 left");
  }

  @Test
  void aTerminalsLineIsRedrawnInPlaceAndNotTooOften() {
    try (ProgressLine line = line(true, 0, 4)) {
      millis = 1000;
      line.update(1, new Metrics().put("loss", 2));
      millis = 1050;
      line.update(2, new Metrics().put("loss", 1.5));
      millis = 1200;
      line.update(3, new Metrics().put("loss", 1));
      line.update(4, new Metrics().put("loss", 0));
    }
    String[] redrawn = output().split("\r", -1);
    assertThat(redrawn).hasSize(4);
    assertThat(redrawn[1])
        .isEqualTo("\u001b[Ksft [#####---------------]  1/4  1.0 s/step  0:03 left  loss 2.000");
    assertThat(redrawn[2]).contains("3/4");
    assertThat(redrawn[3]).contains("[####################]  4/4").endsWith("loss 0.000\n");
  }

  @Test
  void aTerminalsLineFitsItsWidth() {
    try (ProgressLine line = line(true, 30, 0, 4)) {
      millis = 1000;
      line.update(1, new Metrics().put("loss", 2));
    }
    assertThat(output()).isEqualTo("\r\u001b[Ksft [#####---------------]  1\n");
  }

  @Test
  void aNoteHasALineOfItsOwn() {
    try (ProgressLine line = line(true, 0, 4)) {
      line.update(1, new Metrics());
      line.note("ratio far from 1");
    }
    assertThat(output()).endsWith("\r\u001b[Kratio far from 1\n");
  }
}
