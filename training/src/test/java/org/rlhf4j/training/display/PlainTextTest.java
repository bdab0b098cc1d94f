package org.rlhf4j.training.display;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class PlainTextTest {

  /** ESC, BEL, CR, DEL, two of C1, an override and an isolate. */
  private static final String HOSTILE = text(0x1b, 7, '\r', 0x7f, 0x9b, 0x9d, 0x202e, 0x2066);

  private static final String WRITTEN_OUT =
      "\\u001b\\u0007\\u000d\\u007f\\u009b\\u009d\\u202e\\u2066".replace("\\\\", "\\");

  private final ByteArrayOutputStream shown = new ByteArrayOutputStream();

  private static String text(int... characters) {
    return new String(characters, 0, characters.length);
  }

  private Display display(boolean terminal) {
    PrintStream stream = new PrintStream(shown, true, StandardCharsets.UTF_8);
    return new Display(stream, terminal, 80, () -> 0);
  }

  private String shown() {
    return shown.toString(StandardCharsets.UTF_8);
  }

  @Test
  void controlCharactersAreWrittenOut() {
    assertThat(PlainText.of(HOSTILE)).isEqualTo(WRITTEN_OUT);
    assertThat(PlainText.of("a" + HOSTILE + "b")).isEqualTo("a" + WRITTEN_OUT + "b");
    for (char c = 0; c < 0xa0; c++) {
      boolean stays = (c >= ' ' && c < 0x7f) || c == '\n' || c == '\t' || c > 0x9f;
      assertThat(PlainText.of(String.valueOf(c)).length() == 1).as("%x", (int) c).isEqualTo(stays);
    }
  }

  /** Letters of scripts that run from right to left, an emoji of several characters, a tab. */
  @Test
  void otherCharactersStay() {
    String ordinary = "aä€ 模型 שלום مرحبا 👩‍💻 … − ½ \t\n";
    assertThat(PlainText.of(ordinary)).isSameAs(ordinary);
  }

  @Test
  void notesAndWarningsAreShownSo() {
    Display display = display(false);
    display.stream().println("note " + HOSTILE);
    display.stream().printf("%s%n", HOSTILE);
    display.stream().println((Object) HOSTILE);
    display.stream().println(HOSTILE.toCharArray());
    display.stream().print(HOSTILE.charAt(0));
    display.warnings().println("warning " + HOSTILE);
    assertThat(shown())
        .isEqualToNormalizingNewlines(
            "note W\nW\nW\nW\n\\u001bwarning W\n".replace("W", WRITTEN_OUT));
  }

  /** What we draw with stays, what is told above a bar is written out. */
  @Test
  void barsAreStillDrawn() {
    try (ProgressLine line = new ProgressLine("sft", 0, 2, java.util.List.of(), display(true))) {
      line.warn("warning " + HOSTILE);
    }
    assertThat(shown()).contains("\r\u001b[K", "warning " + WRITTEN_OUT).doesNotContain(HOSTILE);
  }

  @Test
  void aWriterShowsSoToo() {
    StringWriter written = new StringWriter();
    PrintWriter writer = new PlainWriter(new PrintWriter(written));
    writer.println(HOSTILE);
    writer.printf("%s|", HOSTILE);
    writer.print(HOSTILE.toCharArray());
    writer.write(HOSTILE.charAt(0));
    assertThat(written.toString())
        .isEqualToNormalizingNewlines("W\nW|W\\u001b".replace("W", WRITTEN_OUT));
  }

  @Test
  void inJsonTheyAreWrittenOutAsJsonDoes() throws IOException {
    PrintStream json = Display.Form.JSON.over(new PrintStream(shown, true, StandardCharsets.UTF_8));
    json.println("note " + HOSTILE + ".");
    assertThat(shown()).doesNotContain(text(0x9b), text(0x202e), text(0x1b));
    assertThat(new ObjectMapper().readTree(shown()).get("message").textValue())
        .isEqualTo("note " + HOSTILE + ".");
  }
}
