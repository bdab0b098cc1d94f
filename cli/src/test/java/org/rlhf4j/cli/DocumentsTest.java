package org.rlhf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.rlhf4j.model.torch.Profile;
import org.rlhf4j.ppo.PpoHealth;
import org.rlhf4j.rollout.program.ProgramKind;
import org.rlhf4j.training.health.HealthCheck;

/** What the documents name is there. */
class DocumentsTest {

  private static final Path ROOT = Path.of("..");
  private static final Pattern OPTION = Pattern.compile("(?<![-\\w])--[a-z][a-z0-9-]*");
  private static final Pattern LINK = Pattern.compile("]\\(([^)#]+)[^)]*\\)");
  private static final Pattern NAME = Pattern.compile("`([a-z][a-z0-9]*(?:_[a-z0-9]+)+)`");
  private static final Pattern WORD = Pattern.compile("[A-Za-z][A-Za-z0-9_]*");

  private static final Set<String> OF_EVERY_COMMAND =
      Set.of("--help", "--version", "--verbose", "--quiet", "--json-log", "--config");

  /** How vLLM and SGLang are started, and the long form of {@code .ci/spark}. */
  private static final Set<String> OF_OTHERS =
      Set.of(
          "--enable-deterministic-inference",
          "--enable-lora",
          "--long",
          "--lora-target-modules",
          "--max-loras-per-batch",
          "--model-path",
          "--logprobs-mode",
          "--max-lora-rank",
          "--max-loras",
          "--max-num-batched-tokens");

  /** All words of the sources, camelCase as snake_case, and metrics that are put together. */
  private static Set<String> namesOfTheProgram() throws IOException {
    Set<String> names = new TreeSet<>();
    for (Path source : sources()) {
      for (String word : found(WORD, 0, source)) {
        names.add(word.replaceAll("(?<=[a-z0-9])(?=[A-Z])", "_").toLowerCase(Locale.ROOT));
      }
    }
    for (Profile.Work work : Profile.Work.values()) {
      String name = work.name().toLowerCase(Locale.ROOT);
      names.addAll(List.of(name + "_seconds", name + "_peak_gib"));
    }
    for (ProgramKind kind : ProgramKind.values()) {
      String name = "reward_" + kind.name().toLowerCase(Locale.ROOT);
      names.addAll(List.of(name, name + "_2"));
    }
    names.addAll(List.of("reward_model_1", "reward_model_2", "reward_model_deviation"));
    return names;
  }

  private static List<Path> sources() throws IOException {
    List<Path> sources = new ArrayList<>();
    try (Stream<Path> modules = Files.list(ROOT);
        Stream<Path> scripts = Files.list(ROOT.resolve("bench/reference"))) {
      for (Path module : modules.filter(path -> Files.isDirectory(path.resolve("src"))).toList()) {
        try (Stream<Path> files = Files.walk(module.resolve("src/main"))) {
          files.filter(Files::isRegularFile).forEach(sources::add);
        }
      }
      scripts.filter(file -> file.toString().endsWith(".py")).forEach(sources::add);
    }
    return sources;
  }

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
    for (HealthCheck check : PpoHealth.CHECKS) {
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
      Set<String> named = found(OPTION, 0, document);
      if (document.endsWith("scale.md")) {
        named.removeAll(OF_OTHERS);
      }
      assertThat(known).as(document.toString()).containsAll(named);
    }
  }

  /** Metrics and fields of files: but for the page on TRL, which has TRL's names. */
  @Test
  void everyNameWithAnUnderscoreIsOneOfTheProgram() throws IOException {
    Set<String> known = namesOfTheProgram();
    int names = 0;
    for (Path document : documents()) {
      if (!document.endsWith("coming-from-trl.md")) {
        Set<String> named = found(NAME, 1, document);
        assertThat(known).as(document.toString()).containsAll(named);
        names += named.size();
      }
    }
    assertThat(names).isGreaterThan(150);
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
