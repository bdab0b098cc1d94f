package org.rlhf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.rlhf4j.training.health.HealthCheck;

/** What the documents name is there. */
class DocumentsTest {

  private static final Path ROOT = Path.of("..");
  private static final Pattern OPTION = Pattern.compile("(?<![-\\w])--[a-z][a-z0-9-]*");
  private static final Pattern LINK = Pattern.compile("]\\(([^)#]+)[^)]*\\)");
  private static final Set<String> OF_EVERY_COMMAND =
      Set.of("--help", "--version", "--verbose", "--quiet", "--json-log", "--config");

  private static List<Path> documents() throws IOException {
    List<Path> documents = new ArrayList<>(List.of(ROOT.resolve("README.md")));
    for (String folder : List.of("docs", "examples", "data/demo")) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(folder))) {
        files.filter(file -> file.toString().endsWith(".md")).forEach(documents::add);
      }
    }
    return documents;
  }

  private static Set<String> found(Pattern pattern, int group, Path document) throws IOException {
    Set<String> found = new TreeSet<>();
    Matcher matcher = pattern.matcher(Files.readString(document));
    while (matcher.find()) {
      found.add(matcher.group(group));
    }
    return found;
  }

  private static Set<String> knownOptions() {
    Set<String> known = new TreeSet<>(OF_EVERY_COMMAND);
    Matcher declared = Pattern.compile("\\| `(--[a-z0-9-]+)`").matcher(Rlhf.settingsDocument());
    while (declared.find()) {
      known.add(declared.group(1));
    }
    return known;
  }

  @Test
  void warningsAdviseOptionsThatExist() {
    Set<String> known = knownOptions();
    for (HealthCheck check : HealthCheck.values()) {
      Matcher advised = OPTION.matcher(check.advice());
      while (advised.find()) {
        assertThat(known).as(check.toString()).contains(advised.group());
      }
    }
  }

  @Test
  void everyOptionExists() throws IOException {
    Set<String> known = knownOptions();
    for (Path document : documents()) {
      assertThat(known).as(document.toString()).containsAll(found(OPTION, 0, document));
    }
  }

  @Test
  void everyLinkLeadsToAFile() throws IOException {
    int links = 0;
    for (Path document : documents()) {
      for (String link : found(LINK, 1, document)) {
        if (!link.contains("://")) {
          assertThat(document.resolveSibling(link)).as(document + " links to it").exists();
          links++;
        }
      }
    }
    assertThat(links).isGreaterThan(20);
  }
}
