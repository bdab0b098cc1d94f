package org.rlhf4j.training.display;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class DownloadLineTest {

  private static final long SECOND = 1_000_000_000;

  private final ByteArrayOutputStream shown = new ByteArrayOutputStream();
  private long now;

  private DownloadLine line(boolean terminal) {
    PrintStream stream = new PrintStream(shown, true, StandardCharsets.UTF_8);
    return new DownloadLine(new Display(stream, terminal, 80, () -> now));
  }

  private String text() {
    return shown.toString(StandardCharsets.UTF_8);
  }

  @Test
  void elsewhereThanOnATerminalEachTenthIsALine() {
    DownloadLine line = line(false);
    line.begin("org/name", 2, 20_000_000);
    now = SECOND;
    line.received(1_900_000);
    line.received(100_000);
    line.received(1);
    now = 4 * SECOND;
    line.received(7_999_999);
    line.end();

    // 2 MB in 1 s leave 18 MB for 9 s; 10 MB in 4 s are 2.5 MB/s and leave 10 MB for 4 s
    assertThat(text().lines())
        .containsExactly(
            "org/name: 2 files, 20.0 MB",
            "org/name [##------------------]  2.0 MB of 20.0 MB  2.0 MB/s  0:09 left",
            "org/name [##########----------]  10.0 MB of 20.0 MB  2.5 MB/s  0:04 left");
  }

  @Test
  void onATerminalALineIsRedrawnAndNotesStandAboveIt() {
    DownloadLine line = line(true);
    line.begin("a/b", 1, 10_000_000);
    now = SECOND;
    line.received(5_000_000);
    line.received(1_000_000); // too soon to draw again
    line.note("the connection broke");
    now = 2 * SECOND;
    line.received(4_000_000);
    line.end();

    assertThat(text())
        .isEqualTo(
            """
            a/b: 1 file, 10.0 MB
            CLEARa/b [##########----------]  5.0 MB of 10.0 MB  5.0 MB/s  0:01 leftCLEARthe connection broke
            CLEARa/b [####################]  10.0 MB of 10.0 MB  5.0 MB/s  0:00 left
            """
                .replace("CLEAR", "\r\u001b[K"));
  }
}
