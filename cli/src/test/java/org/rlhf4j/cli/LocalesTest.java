package org.rlhf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.rlhf4j.cli.Outcome.rlhf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The same files and words in every locale: with a decimal comma, a dotless i, digits that aren't
 * ASCII, and another calendar. The program itself sets a locale at its start; here the code under
 * it is on its own.
 */
class LocalesTest {

  private static final Path MODEL = Path.of("../sft/src/test/resources/fixtures/sft/model");
  private static final List<String> LOCALES =
      List.of("de-DE", "tr-TR", "ar-EG", "th-TH-u-nu-thai", "th-TH-u-ca-buddhist");

  private final Locale usual = Locale.getDefault();

  @TempDir private Path folder;
  private String rows;
  private String few;

  @BeforeEach
  void writeRows() throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 1200; i++) {
      lines.add("{\"prompt\": \"is it " + i + "?\", \"chosen\": \" yes\", \"rejected\": \" no\"}");
    }
    rows = Files.write(folder.resolve("rows.jsonl"), lines).toString();
    few = Files.write(folder.resolve("few.jsonl"), lines.subList(0, 24)).toString();
  }

  @AfterEach
  void restoreLocale() {
    Locale.setDefault(usual);
  }

  @Test
  void saysAndWritesTheSameEverywhere() throws IOException {
    Locale.setDefault(Locale.ROOT);
    List<String> expected = everything("root");
    assertThat(expected.get(0)).contains("1,073 rows read");
    for (String tag : LOCALES) {
      Locale.setDefault(Locale.forLanguageTag(tag));
      assertThat(everything(tag)).as(tag).isEqualTo(expected);
    }
  }

  private List<String> everything(String name) throws IOException {
    String sft = folder.resolve(name + "-sft").toString();
    String reward = folder.resolve(name + "-reward").toString();
    String grpo = folder.resolve(name + "-grpo").toString();
    List<String> said = new ArrayList<>();
    said.add(Outcome.written("inspect", "--model=" + MODEL, "--data=" + rows));
    run("sft", "--model=" + MODEL, "--output=" + sft);
    run("reward", "--model=" + sft, "--output=" + reward);
    run("grpo", "--model=" + sft, "--reward-model=" + reward, "--output=" + grpo);
    for (String run : List.of(sft, reward, grpo)) {
      said.add(metrics(Path.of(run)));
      assertThat(rlhf("report", run).succeeded().out()).contains("</html>");
    }
    said.add(Outcome.written("evaluate", "--reward-model=" + reward, "--data=" + few));
    return said;
  }

  private void run(String stage, String... args) {
    List<String> line = new ArrayList<>(List.of(stage, "--data=" + few, "--steps=1"));
    line.addAll(List.of(args));
    line.addAll(
        stage.equals("grpo")
            ? List.of("--max-new-tokens=4", "--prompts-per-step=1", "--group-size=2")
            : List.of("--batch-size=2"));
    rlhf(line.toArray(String[]::new)).succeeded();
  }

  /** The metrics without those that a clock or the memory tells. */
  private static String metrics(Path run) throws IOException {
    return Files.readString(run.resolve("metrics.jsonl"))
        .replaceAll("\"[a-z_]*(time|seconds|per_second|memory|date|rss|bytes)[a-z_]*\":[^,}]*", "");
  }
}
