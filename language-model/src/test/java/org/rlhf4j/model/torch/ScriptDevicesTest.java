package org.rlhf4j.model.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every tensor that a script makes names its device: without a name it would be the host's. */
class ScriptDevicesTest {
  private static final Pattern FACTORY =
      Pattern.compile(
          "torch\\.(empty|zeros|ones|full|arange|range|linspace|eye|tensor|scalar_tensor|rand"
              + "|randn|randint|randperm|tril_indices|triu_indices|empty_strided)\\(");

  private static List<Path> scripts() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("src/main/resources"))) {
      return files.filter(file -> file.toString().endsWith(".py")).sorted().toList();
    }
  }

  /** Calls that make a tensor and don't say where, as they stand in a source. */
  private static List<String> unplaced(String source) {
    List<String> calls = new ArrayList<>();
    Matcher matcher = FACTORY.matcher(source);
    while (matcher.find()) {
      String call = source.substring(matcher.start(), end(source, matcher.end()));
      if (!call.contains("device=")) {
        calls.add(call);
      }
    }
    return calls;
  }

  /** Where the parenthesis is closed that was opened before a place. */
  private static int end(String source, int start) {
    int open = 1;
    int at = start;
    while (open > 0) {
      char c = source.charAt(at++);
      open += c == '(' ? 1 : c == ')' ? -1 : 0;
    }
    return at;
  }

  @Test
  void everyFactoryCallNamesItsDevice() throws IOException {
    assertThat(scripts()).hasSizeGreaterThan(12);
    for (Path script : scripts()) {
      assertThat(unplaced(Files.readString(script))).as(script.toString()).isEmpty();
    }
  }

  @Test
  void oneThatDoesNotIsFound() {
    assertThat(unplaced("x = torch.zeros([int(n)], dtype=6)\ny = torch.zeros_like(x)"))
        .containsExactly("torch.zeros([int(n)], dtype=6)");
    assertThat(unplaced("torch.empty([f(n)], device=ops.prim.device(p))")).isEmpty();
  }
}
