package org.rlhf4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The Java in the documents is that of the examples: compiled, and run by {@link ExamplesTest}. */
class DocumentsTest {

  private static final Path ROOT = Path.of("../..");
  private static final Path EXAMPLES = Path.of("src/main/java/org/rlhf4j/examples");
  private static final Pattern REGION =
      Pattern.compile("(?s) *// \\[([a-z-]+)\\R(.*?) *// \\1]\\R");
  private static final Pattern BLOCK = Pattern.compile("(?s)```java\\R(.*?)```");

  /** Whose Java has to be an example's: the README, the page on the library, the modules' pages. */
  private static List<Path> documents() throws IOException {
    List<Path> documents = new ArrayList<>();
    documents.add(ROOT.resolve("README.md"));
    documents.add(ROOT.resolve("docs/library.md"));
    try (Stream<Path> folders = Files.list(ROOT)) {
      folders
          .filter(folder -> Files.exists(folder.resolve("pom.xml")))
          .map(folder -> folder.resolve("README.md"))
          .filter(Files::exists)
          .forEach(documents::add);
    }
    return documents;
  }

  private static Map<String, String> regions() throws IOException {
    Map<String, String> regions = new TreeMap<>();
    try (Stream<Path> files = Files.list(EXAMPLES)) {
      for (Path file : files.toList()) {
        for (MatchResult region : REGION.matcher(Files.readString(file)).results().toList()) {
          String text = region.group(2).stripTrailing().stripIndent() + "\n";
          assertThat(regions.put(region.group(1), text)).isNull();
        }
      }
    }
    return regions;
  }

  private static List<String> blocks(Path document) throws IOException {
    return BLOCK
        .matcher(Files.readString(document))
        .results()
        .map(block -> block.group(1))
        .toList();
  }

  @Test
  void everyBlockIsOneOfAnExample() throws IOException {
    Map<String, String> regions = regions();
    for (Path document : documents()) {
      for (String block : blocks(document)) {
        assertThat(regions.values())
            .as("Java of " + document + "; copy it from the region of an example")
            .contains(block);
      }
    }
  }

  @Test
  void everyRegionIsShown() throws IOException {
    List<String> shown = new ArrayList<>();
    for (Path document : documents()) {
      shown.addAll(blocks(document));
    }
    Map<String, String> regions = regions();
    assertThat(regions).hasSizeGreaterThan(9);
    regions.forEach((name, text) -> assertThat(shown).as(name).contains(text));
  }

  /** A stage is made, run and listened to in about 20 lines. */
  @Test
  void aStageIsShort() throws IOException {
    Map<String, String> regions = regions();
    for (String name :
        List.of("fine-tune", "train-reward-model", "improve-by-ppo", "improve-by-grpo")) {
      String text = regions.get(name);
      String method = text.substring(text.indexOf("static void run("));
      long statements = method.substring(0, method.indexOf("\n}\n")).lines().count();
      assertThat(statements).as(name).isLessThanOrEqualTo(20);
    }
  }
}
