package org.rlhf4j.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;

/** The page as a text: what is in it, and what never is. */
class ReportTest {

  private static final int MIB = 1 << 20;

  @TempDir private Path folder;

  private static JsonNode data(String page) throws IOException {
    Matcher data =
        Pattern.compile("<script type=\"application/json\" id=\"data\">(.*)</script>")
            .matcher(page);
    assertThat(data.find()).isTrue();
    return new ObjectMapper().readTree(data.group(1)).get("runs");
  }

  private static int count(String text, String part) {
    return text.split(Pattern.quote(part), -1).length - 1;
  }

  @Test
  void nothingIsLoadedFromElsewhere() throws IOException {
    String page = Report.html(List.of(WrittenRuns.sft(folder.resolve("sft"), 3)));
    Set<String> addresses = new TreeSet<>();
    Matcher found = Pattern.compile("(https?:)?//[a-z][^\\s\"']*").matcher(page);
    while (found.find()) {
      if (!found.group().startsWith("// ")) {
        addresses.add(found.group());
      }
    }
    assertThat(addresses).containsExactly("http://www.w3.org/2000/svg"); // a name, not an address
    assertThat(page).contains("default-src 'none'").doesNotContain("/*STYLE*/", "/*SCRIPTS*/");
  }

  @Test
  void textsStayInsideTheirElement() throws IOException {
    String plain = Report.html(List.of(WrittenRuns.ppo(folder.resolve("a"), 2, 2, 3, "plain")));
    String hostile =
        Report.html(
            List.of(WrittenRuns.ppo(folder.resolve("b"), 2, 2, 3, WrittenRuns.HOSTILE + "\u2028")));
    for (String tag : List.of("<script", "</script", "<img", "<!--", "\u2028")) {
      assertThat(count(hostile, tag)).as(tag).isEqualTo(count(plain, tag));
    }
    assertThat(data(hostile).get(0).get("rollouts").get(0).get("prompt").asText())
        .isEqualTo(WrittenRuns.HOSTILE + "\u2028");
  }

  @Test
  void theSameRunsGiveTheSamePage() throws IOException {
    Path run = WrittenRuns.ppo(folder.resolve("ppo"), 5, 3, 8, "text");
    assertThat(Report.html(List.of(run))).isEqualTo(Report.html(List.of(run)));
  }

  /** Long runs of long completions: the file stays small, and says what it left out. */
  @Test
  void largeRunsAreSampled() throws IOException {
    List<Path> runs = new ArrayList<>();
    for (String name : List.of("a", "b", "c")) {
      runs.add(WrittenRuns.ppo(folder.resolve(name), 4000, 0, 0, "x".repeat(50_000)));
      List<ObjectNode> rollouts = new ArrayList<>();
      for (int step : new int[] {1, 2000, 4000}) {
        for (int group = 0; group < 16; group++) {
          rollouts.add(WrittenRuns.rollout(step, group, group, 2000, "y".repeat(50_000)));
        }
      }
      WrittenRuns.lines(folder.resolve(name).resolve("rollouts.jsonl"), rollouts);
    }
    String page = Report.html(runs);
    assertThat(page.length()).isLessThan(3 * MIB);
    JsonNode run = data(page).get(0);
    assertThat(run.get("series").get("every").intValue()).isEqualTo(3);
    assertThat(run.get("completions").intValue()).isEqualTo(48);
    assertThat(run.get("rollouts")).hasSize(12);
    assertThat(run.get("rollouts").get(0).get("length").intValue()).isEqualTo(2000);
    assertThat(run.get("rollouts").get(0).get("tokens").size()).isBetween(100, 512);
  }

  @Test
  void aRunThatHasJustBegunIsShown() throws IOException {
    Path run = Files.createDirectory(folder.resolve("new"));
    Files.writeString(run.resolve("metrics.jsonl"), "");
    JsonNode shown = data(Report.html(List.of(run))).get(0);
    assertThat(shown.get("headline").get("sentence").asText()).isEqualTo("No step is made yet");
    assertThat(shown.get("finished").asBoolean()).isFalse();
  }

  @Test
  void warningsAreThoseOfTheMetrics() throws IOException {
    Path run = WrittenRuns.ppo(folder.resolve("ppo"), 5, 2, 3, "text");
    Files.writeString(
        run.resolve("metrics.jsonl"),
        "{\"step\":1,\"ended\":0}\n{\"step\":2,\"ended\":0}\n{\"step\":3,\"ended\":0}\n");
    JsonNode warnings = data(Report.html(List.of(run))).get(0).get("warnings");
    assertThat(warnings).hasSize(1);
    assertThat(warnings.get(0).get("step").intValue()).isEqualTo(3);
    assertThat(warnings.get(0).get("advice").asText()).startsWith("raise --max-new-tokens");
  }

  @Test
  void aFolderOfRunsIsAllOfThemByStage() throws IOException {
    WrittenRuns.ppo(folder.resolve("all/a"), 1, 1, 1, "text");
    WrittenRuns.sft(folder.resolve("all/z"), 1);
    WrittenRuns.sft(folder.resolve("more/z"), 1);
    assertThat(data(Report.html(List.of(folder.resolve("all"), folder.resolve("more/z")))))
        .extracting(run -> run.get("name").asText())
        .containsExactly("all/z", "a", "more/z");
    assertThat(data(Report.html(List.of(folder.resolve("all/a"), folder.resolve("all/a")))))
        .hasSize(1);
  }

  @Test
  void whatIsNoRunIsRefused() throws IOException {
    assertThatThrownBy(() -> Report.html(List.of(folder)))
        .isInstanceOf(UsageException.class)
        .hasMessage(
            folder
                + ": there is no run here: neither this folder nor a folder in it has a"
                + " metrics.jsonl; name a run directory");
    assertThatThrownBy(() -> Report.html(List.of(folder.resolve("none"))))
        .isInstanceOf(UsageException.class)
        .hasMessage(folder.resolve("none") + ": no such folder; name a run directory");
    Path run = WrittenRuns.reward(folder.resolve("reward"));
    Files.writeString(run.resolve("evaluation.json"), "{");
    assertThatThrownBy(() -> Report.html(List.of(run)))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(run.resolve("evaluation.json") + ": isn't JSON: ");
  }

  /** Each metric that a stage writes has a name and a sentence on the page. */
  @Test
  void everyMetricIsExplained() throws IOException {
    Set<String> explained = new TreeSet<>();
    Matcher entry =
        Pattern.compile("(?m)^  ([a-z_]+): \\[\"[^\"]+\", \"[^\"]+\"\\],$")
            .matcher(resource("metrics.js"));
    while (entry.find()) {
      explained.add(entry.group(1));
    }
    Set<String> written = new TreeSet<>();
    String document = Files.readString(Path.of("../docs/run-directory.md"));
    String table =
        document.substring(
            document.indexOf("## metrics.jsonl"), document.indexOf("## evaluation.json"));
    Matcher row = Pattern.compile("(?m)^\\| `([a-z_]+)` \\|").matcher(table);
    while (row.find()) {
      written.add(row.group(1));
    }
    written.remove("step");
    assertThat(explained).isEqualTo(written);
  }

  private static String resource(String name) throws IOException {
    try (var in = Report.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
