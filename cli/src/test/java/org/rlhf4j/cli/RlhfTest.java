package org.rlhf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.rlhf4j.cli.Outcome.rlhf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.settings.SettingSpec;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.sft.SftConfig;

class RlhfTest {

  private static final int SCREEN_LINES = 34;
  private static final int SCREEN_COLUMNS = 100;

  @TempDir private Path folder;

  @Test
  void helpFitsOneScreen() {
    Outcome help = rlhf("--help");

    assertThat(help.code()).isZero();
    assertThat(help.err()).isEmpty();
    assertThat(help.out()).contains("Usage: rlhf").contains("doctor");
    assertThat(help.out().lines().count()).isLessThanOrEqualTo(SCREEN_LINES);
    assertThat(help.out().lines()).allMatch(line -> line.length() <= SCREEN_COLUMNS);
  }

  @Test
  void helpListsEveryCommandOnceInItsGroup() {
    Pattern line =
        Pattern.compile(
            "(?m)^  (?:Begin|Train|Label|Judge|Use|Models|Editor|) +([a-z]+) +[A-Z].*\\.?$");
    List<String> listed =
        line.matcher(rlhf("--help").out()).results().map(found -> found.group(1)).toList();

    List<String> known = new ArrayList<>(List.of("plan", "stop", "schema", "completion"));
    Matcher declared = Pattern.compile("(?m)^## rlhf (\\w+)$").matcher(Rlhf.settingsDocument());
    while (declared.find()) {
      known.add(declared.group(1));
    }
    assertThat(listed).containsExactlyInAnyOrderElementsOf(known);
  }

  /** Each setting stands under its group's heading, with its default, or that it is required. */
  @Test
  void helpOfAStageIsGroupedAndShowsDefaults() {
    String help = rlhf("sft", "--help").out();
    String heading = "";
    int at = 0;
    for (SettingSpec setting : Settings.of(SftConfig.class).specs()) {
      if (!setting.group().equals(heading)) {
        heading = setting.group();
        at = help.indexOf("\n" + heading + "\n", at);
        assertThat(at).as(heading).isPositive();
      }
      int option = help.indexOf("      --" + setting.name(), at);
      assertThat(option).as(setting.name()).isPositive();
      int next = help.indexOf("\n      --", option);
      String text = help.substring(option, next < 0 ? help.length() : next);
      String words = text.replaceAll("\\s+", " ");
      if (setting.required()) {
        assertThat(words).contains("Required.");
      } else if (!setting.defaultText().isEmpty()) {
        assertThat(words).contains("Default: " + setting.defaultText() + ".");
      }
      at = option;
    }
    assertThat(help.split("\n\n")).hasSizeGreaterThan(7);
  }

  @Test
  void helpOfACommandShowsItsSettings() {
    Outcome help = rlhf("doctor", "--help");

    assertThat(help.code()).isZero();
    assertThat(help.out())
        .contains("--config=FILE.yaml")
        .contains("--json[=true|false]")
        .contains("\nMachine\n")
        .contains("--device=auto|cpu|gpu")
        .contains("Default: auto.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "docto~rlhf: unknown command 'docto'; did you mean 'doctor'? 'rlhf --help' lists them",
        "doctor --thread=2~rlhf: unknown option '--thread'; did you mean '--threads'?",
        "doctor --threads~rlhf: --threads: needs a value (N)",
        "doctor --threads x~rlhf: --threads: expected a whole number, not 'x'",
        "doctor --threads 0~rlhf: --threads must be above 0, not 0",
        "doctor --json true x~rlhf: unknown argument 'x'",
        "doctor --json x~rlhf: unknown argument 'x'",
        "doctor --json=maybe~rlhf: --json: expected true or false, not 'maybe'",
        "doctor --precision fp16~rlhf: --precision: expected one of auto, fp32, bf16, not 'fp16'",
        "doctor --config missing.yaml~rlhf: missing.yaml: no such file; check its path",
      })
  void wrongUsageEndsWithOneLine(String args, String line) {
    Outcome outcome = rlhf(args.split(" "));

    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err()).isEqualTo(line + System.lineSeparator());
  }

  @Test
  void noCommandIsWrongUsage() {
    Outcome outcome = rlhf();

    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err()).startsWith("rlhf: no command given");
  }

  @Test
  void verboseShowsWhereBeforeTheLastLine() {
    Outcome outcome = rlhf("doctor", "--verbose", "--threads", "x");

    assertThat(outcome.err()).contains("\tat org.rlhf4j.");
    assertThat(outcome.lastErrorLine())
        .isEqualTo("rlhf: --threads: expected a whole number, not 'x'");
  }

  @Test
  void configurationFileGivesSettings() throws IOException {
    Path config = Files.writeString(folder.resolve("doctor.yaml"), "json: true\nthread: 1\n");

    assertThat(rlhf("doctor", "--config", config.toString()).err().strip())
        .isEqualTo("rlhf: " + config + ":2:1: unknown setting 'thread'; did you mean 'threads'?");

    Files.writeString(config, "json: true\n");
    assertThat(rlhf("doctor", "--config", config.toString()).out()).startsWith("{");
    assertThat(rlhf("doctor", "--config", config.toString(), "--json=false").out())
        .doesNotContain("{");
  }

  @Test
  void doctorFindsEverythingNative() throws IOException {
    Outcome outcome = rlhf("doctor", "--json", "--verbose");

    assertThat(outcome.code()).isZero();
    JsonNode findings = new JsonMapper().readTree(outcome.out());
    assertThat(findings.path("engine").asText()).isEqualTo("PyTorch");
    assertThat(findings.path("engine_version").asText()).startsWith("2.7");
    assertThat(findings.path("threads").asInt()).isPositive();
    assertThat(findings.path("memory_gib").asDouble()).isPositive();
    assertThat(findings.path("tokenizers_version").asText()).isNotEmpty();
  }

  @Test
  void versionIsOneLine() {
    assertThat(rlhf("--version").out()).matches("rlhf4j \\S+\\R");
  }

  @Test
  void quietAndJsonLogExcludeEachOther() {
    Outcome outcome = rlhf("doctor", "--quiet", "--json-log");
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err())
        .isEqualToIgnoringNewLines(
            "rlhf: --quiet and --json-log exclude each other; leave one out");
  }

  /** A full device takes nothing; what has a fault of its own says that one alone. */
  @ParameterizedTest
  @EnabledOnOs(OS.LINUX)
  @CsvSource({
    "completion,1,stdout: the results can't be written;",
    "schema,1,stdout: the results can't be written;",
    "--version,1,stdout: the results can't be written;",
    "report no-run,2,",
    "score,2,",
  })
  void resultsThatCantBeWrittenAreAnError(String command, int code, String message)
      throws IOException {
    StringWriter err = new StringWriter();
    try (PrintWriter full = new PrintWriter(Files.newBufferedWriter(Path.of("/dev/full")))) {
      assertThat(Rlhf.run(command.split(" "), full, new PrintWriter(err, true))).isEqualTo(code);
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("No space left");
    }
    assertThat(err.toString().lines()).hasSize(1);
    assertThat(err.toString()).startsWith("rlhf: " + (message == null ? "" : message));
  }

  @Test
  void messagesAreQuietOrJsonAndErrorsStayALine() throws IOException {
    Path fixture = Path.of("../sft/src/test/resources/fixtures/sft/model");
    String[] line = {
      "new",
      "--config=" + fixture.resolve("config.json"),
      "--tokenizer=" + fixture,
      "--output=" + folder.resolve("quiet"),
      "--quiet",
    };
    assertThat(rlhf(line)).isEqualTo(new Outcome(0, "", ""));

    line[3] = "--output=" + folder.resolve("json");
    line[4] = "--json-log";
    JsonNode message = new JsonMapper().readTree(rlhf(line).err());
    assertThat(message.path("message").textValue()).contains("json: ", "weights");

    assertThat(rlhf(line).lastErrorLine()).startsWith("rlhf: ").contains("this folder isn't empty");
  }
}
