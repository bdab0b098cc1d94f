package org.rlhf4j.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.rlhf4j.settings.UserException;

/**
 * A table of refusals in a document: what is refused, and the message, provoked and compared word
 * for word. Each run writes it to {@code target/}.
 */
public final class RefusalTable {
  private final List<String> lines =
      new ArrayList<>(List.of("| what | the message |", "| --- | --- |"));
  private final Map<String, String> names = new LinkedHashMap<>();

  /** Gives something that differs from run to run, such as a folder, a name in all messages. */
  public void name(Object text, String shown) {
    names.put(text.toString(), shown);
  }

  /** Provokes a refusal. */
  public void add(String what, ThrowingCallable work) {
    Throwable refusal = catchThrowable(work);
    assertThat(refusal).as(what).isInstanceOf(UserException.class);
    String message = refusal.getMessage();
    for (Map.Entry<String, String> name : names.entrySet()) {
      message = message.replace(name.getKey(), name.getValue());
    }
    assertThat(message).as(what).doesNotContain("\n");
    lines.add("| %s | %s |".formatted(what, code(message.replace("|", "\\|"))));
  }

  private static String code(String text) {
    return text.contains("`") ? "`` " + text + " ``" : "`" + text + "`";
  }

  /**
   * Compares with a document.
   *
   * @param document holds the lines one after another
   */
  public void assertIsIn(Path document) throws IOException {
    Files.write(Path.of("target").resolve("refusals-" + document.getFileName()), lines);
    String text = Files.readString(document);
    assertThat(lines).as("lines that aren't in " + document).allMatch(text::contains);
    assertThat(text).contains(String.join("\n", lines));
  }
}
